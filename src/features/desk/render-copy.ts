import type { Static } from 'typebox'
import { formatInstant } from '../../instant.ts'
import type { ScheduledPublish } from '../../words.ts'
import type { EditorialArticleSchema, ScheduleSchema } from './desk.schema.ts'
import type { VersionRow, WorkingCopy } from './desk.store.ts'
import type { EditorialVersionSchema } from './versions.schema.ts'

/** A working copy as editors get it, with what was not kept of the body they sent. */
export function renderCopy(
  copy: WorkingCopy,
  warnings: readonly { code: string; pointer?: string; detail: string }[] = [],
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
    ...instant('publishedAt', copy.publishedAt),
    ...(copy.publishAt === null || copy.schedule === null
      ? {}
      : { schedule: renderSchedule(copy.publishAt, copy.schedule) }),
    ...instant('embargoedUntil', copy.embargoedUntil),
    ...(warnings.length === 0
      ? {}
      : { warnings: warnings.map(({ code, pointer = '/body', detail }) => ({ code, pointer, detail })) }),
  }
}

/** What the audit trail keeps of a working copy; its times are the entry's. */
export function factsOf(copy: WorkingCopy): Record<string, unknown> {
  const { id: _id, createdAt: _created, editedAt: _edited, ...facts } = renderCopy(copy)
  return facts
}

/** What was printed, as the versions keep it: the fields an editor sends, so that they can be sent again. */
export function snapshotOf(copy: WorkingCopy): Record<string, unknown> {
  const {
    revision: _revision,
    deskStatus: _desk,
    liveStatus: _live,
    editorialNote: _note,
    embargoedUntil: _until,
    schedule: _schedule,
    ...printed
  } = renderCopy(copy)
  return printed
}

function renderSchedule(
  publishAt: number,
  { kind, note, embargoedUntil }: ScheduledPublish,
): Static<typeof ScheduleSchema> {
  return {
    publishAt: formatInstant(publishAt),
    ...(kind === undefined ? {} : { kind }),
    ...(note === undefined ? {} : { note }),
    ...(embargoedUntil === undefined
      ? {}
      : { embargoedUntil: embargoedUntil === null ? null : formatInstant(embargoedUntil) }),
  }
}

function instant<const K extends string>(name: K, value: number | null): { [P in K]?: string } {
  return present(name, value === null ? null : formatInstant(value))
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
