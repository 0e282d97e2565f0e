import type { Static } from 'typebox'
import { formatInstant } from '../../instant.ts'
import type { ScheduledPublish } from '../../words.ts'
import type { EditorialArticleSchema, ScheduleSchema } from './desk.schema.ts'
import type { VersionRow, WorkingCopy } from './desk.store.ts'
import type { EditorialVersionSchema } from './versions.schema.ts'

type Rendered = Static<typeof EditorialArticleSchema>

/** What a copy may lack, and where a working copy has it: an absent value is an absent key. */
const optional = {
  shortHeadline: 'shortHeadline',
  summary: 'summary',
  body: 'bodyHtml',
  dateline: 'dateline',
  byline: 'byline',
  signOff: 'signOff',
  section: 'sectionSlug',
  leadMedia: 'leadMediaId',
  source: 'source',
  usageTerms: 'usageTerms',
  slug: 'slug',
} as const
type Optional = keyof typeof optional
const lacking = Object.entries(optional) as [Optional, (typeof optional)[Optional]][]

/** What is printed of a working copy. A publish asks for it four times, so it is assigned and not spread. */
function printedOf(copy: WorkingCopy) {
  const { headline, language, kind, urgency, access, storyId: story, version, publishedAt } = copy
  const some: Pick<Rendered, Optional> = {}
  for (const [name, own] of lacking) {
    const value = copy[own]
    if (value !== null) some[name] = value
  }
  const tags = copy.tags.map(tag => tag.slug)
  return Object.assign(
    { headline, language, kind },
    some,
    { tags, media: [...copy.mediaIds], urgency, access, story, version },
    publishedAt === null ? undefined : { publishedAt: formatInstant(publishedAt) },
  )
}

/** What the audit trail keeps of a working copy; its times are the entry's. */
export function factsOf(copy: WorkingCopy): Omit<Rendered, 'id' | 'createdAt' | 'editedAt' | 'warnings'> {
  const { revision, deskStatus, liveStatus, heldBy, editorialNote, embargoedUntil, publishAt, schedule } =
    copy
  const newsroom: Pick<Rendered, 'heldBy' | 'editorialNote' | 'embargoedUntil' | 'schedule'> = {}
  if (heldBy !== null) newsroom.heldBy = heldBy
  if (editorialNote !== null) newsroom.editorialNote = editorialNote
  if (embargoedUntil !== null) newsroom.embargoedUntil = formatInstant(embargoedUntil)
  if (publishAt !== null && schedule !== null) newsroom.schedule = renderSchedule(publishAt, schedule)
  return Object.assign({ revision, deskStatus, liveStatus }, printedOf(copy), newsroom)
}

const timesOf = ({ createdAt, editedAt }: WorkingCopy) => {
  return { createdAt: formatInstant(createdAt), editedAt: formatInstant(editedAt) }
}

/** What was printed, as the versions keep it: the fields an editor sends, so that they can be sent again. */
export function snapshotOf(copy: WorkingCopy): Record<string, unknown> {
  return Object.assign({ id: copy.id }, printedOf(copy), timesOf(copy))
}

/** A working copy as editors get it, with what was not kept of the body they sent. */
export function renderCopy(
  copy: WorkingCopy,
  warnings: readonly { code: string; pointer?: string; detail: string }[] = [],
): Rendered {
  const rendered: Rendered = Object.assign({ id: copy.id }, factsOf(copy), timesOf(copy))
  if (warnings.length > 0)
    rendered.warnings = warnings.map(({ code, pointer = '/body', detail }) => ({ code, pointer, detail }))
  return rendered
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
