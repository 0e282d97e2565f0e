/** The closed vocabularies of the domain, as stored and as served. */

export const articleKinds = [
  'story',
  'brief',
  'analysis',
  'interview',
  'opinion',
  'advisory',
  'live',
] as const
export type ArticleKind = (typeof articleKinds)[number]

export const accesses = ['public', 'subscribers'] as const
export type Access = (typeof accesses)[number]

/** The language of `rightsInfo` in which an item of ninjs says for whom it is: the words above. */
export const accessLanguage = 'urn:dateline:access'

/** Where the working copy stands at the desk. */
export const deskStatuses = ['draft', 'inReview', 'approved', 'scheduled'] as const
export type DeskStatus = (typeof deskStatuses)[number]

/** What the public can see of the article. */
export const liveStatuses = ['never', 'embargoed', 'live', 'held', 'withdrawn'] as const
export type LiveStatus = (typeof liveStatuses)[number]

/** Who holds an article: an editor, its sender by `withheld`, or both. */
export const holders = ['editor', 'sender', 'both'] as const
export type Holder = (typeof holders)[number]

/** What the sender of an imported item says of a version: it may be published, or not for the time being. */
export const importStatuses = ['usable', 'withheld'] as const
export type ImportStatus = (typeof importStatuses)[number]

/** What made a version: the first publish, added news, or a mended error. */
export const versionKinds = ['publish', 'update', 'correction'] as const
export type VersionKind = (typeof versionKinds)[number]

export const tagKinds = ['section', 'topic', 'place', 'person', 'organisation', 'event', 'series'] as const
export type TagKind = (typeof tagKinds)[number]

export const mediaTypes = ['picture', 'video', 'audio', 'graphic', 'document'] as const
export type MediaType = (typeof mediaTypes)[number]

export const subjectTypes = ['article', 'tag', 'media'] as const
export type SubjectType = (typeof subjectTypes)[number]

export const actions = [
  'published',
  'updated',
  'corrected',
  'suspended',
  'restored',
  'withdrawn',
  'changed',
  'removed',
] as const
export type Action = (typeof actions)[number]

/** The cache tags that every change touches: of lists, which are not tagged by what is in them, and of the log itself. */
export const touchedByAny = ['list', 'changes'] as const

/** Who or what writes: a key, or the service itself by one of its jobs or commands. */
export const actorKinds = ['key', 'schedule', 'embargo', 'import', 'command'] as const
export type ActorKind = (typeof actorKinds)[number]

/** What editors do to an article at the desk, each allowed in some states and by some keys: see `workflow.ts`. */
export const articleMoves = [
  'submit',
  'approve',
  'return',
  'publish',
  'schedule',
  'unschedule',
  'hold',
  'release',
  'withdraw',
  'restore-version',
  'delete',
] as const
export type ArticleMove = (typeof articleMoves)[number]

/** What an entry of the audit trail says was done. */
export const mutations = [
  ...articleMoves,
  'create',
  'edit',
  'merge',
  'revoke',
  'lapse',
  'schedule-failed',
  'mend-times',
  'share-preview',
  'revoke-preview',
] as const
export type Mutation = (typeof mutations)[number]

/** What the audit trail is kept of. */
export const auditedTypes = ['article', 'tag', 'media', 'key'] as const
export type AuditedType = (typeof auditedTypes)[number]

/** In how many languages a tag may have a name. */
export const mostNames = 50

/** A tag's names by language (BCP 47). */
export type Names = Record<string, string>

/** One derived picture, or the original, as stored: `bytes` is its length. `file` names the stored file if `name` does not. */
export type StoredRendition = {
  name: string
  file?: string
  extension: string
  contentType: string
  width: number
  height: number
  bytes: number
}

/** What a key may do. */
export const scopes = [
  'articles:read',
  'articles:write',
  'articles:publish',
  'articles:backdate',
  'tags:write',
  'media:write',
  'keys:admin',
  'articles:subscribers',
  'articles:embargoed',
] as const
export type Scope = (typeof scopes)[number]

/** How a scheduled working copy is to be published, as stored; an instant is in epoch milliseconds. */
export type ScheduledPublish = {
  kind?: 'update' | 'correction'
  note?: string
  embargoedUntil?: number | null
  /** The key that scheduled it. */
  keyId: string | null
}
