import type { Static } from 'typebox'
import { formatInstant } from '../../instant.ts'
import type { BodyWarning } from './body.ts'
import type { EditorialArticleSchema, EditorialVersionSchema } from './desk.schema.ts'
import type { VersionRow, WorkingCopy } from './desk.store.ts'

/** A working copy as editors get it, with what was not kept of the body they sent. */
export function renderCopy(
  copy: WorkingCopy,
  warnings: readonly BodyWarning[] = [],
): Static<typeof EditorialArticleSchema> {
  return {
    id: copy.id,
    revision: copy.revision,
    deskStatus: copy.deskStatus,
    liveStatus: copy.liveStatus,
    headline: copy.headline,
    language: copy.language,
    kind: copy.kind,
    ...present('shortHeadline', copy.shortHeadline),
    ...present('summary', copy.summary),
    ...present('body', copy.bodyHtml),
    ...present('dateline', copy.dateline),
    ...present('byline', copy.byline),
    ...present('signOff', copy.signOff),
    ...present('section', copy.sectionSlug),
    tags: copy.tags.map(tag => tag.slug),
    ...present('leadMedia', copy.leadMediaId),
    media: [...copy.mediaIds],
    urgency: copy.urgency,
    access: copy.access,
    story: copy.storyId,
    ...present('source', copy.source),
    ...present('usageTerms', copy.usageTerms),
    ...present('slug', copy.slug),
    ...present('editorialNote', copy.editorialNote),
    version: copy.version,
    createdAt: formatInstant(copy.createdAt),
    editedAt: formatInstant(copy.editedAt),
    ...(copy.publishedAt === null ? {} : { publishedAt: formatInstant(copy.publishedAt) }),
    ...(warnings.length === 0
      ? {}
      : { warnings: warnings.map(({ code, detail }) => ({ code, pointer: '/body', detail })) }),
  }
}

/** A version as editors get it; its article only where the row has the snapshot. */
export function renderVersion(
  row: Omit<VersionRow, 'snapshot'> & Partial<Pick<VersionRow, 'snapshot'>>,
): Static<typeof EditorialVersionSchema> {
  return {
    number: row.number,
    kind: row.kind,
    at: formatInstant(row.at),
    ...present('note', row.note),
    ...present('keyId', row.keyId),
    ...(row.snapshot ? { article: row.snapshot } : {}),
  }
}

/** The field, unless it has no value: an absent value is an absent key. */
function present<const K extends string, V>(name: K, value: V | null): { [P in K]?: V } {
  return value === null ? {} : ({ [name]: value } as { [P in K]?: V })
}
