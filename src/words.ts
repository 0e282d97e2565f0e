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

/** Where the working copy stands at the desk. */
export const deskStatuses = ['draft', 'inReview', 'approved', 'scheduled'] as const
export type DeskStatus = (typeof deskStatuses)[number]

/** What the public can see of the article. */
export const liveStatuses = ['never', 'embargoed', 'live', 'held', 'withdrawn'] as const
export type LiveStatus = (typeof liveStatuses)[number]

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

/** In how many languages a tag may have a name. */
export const mostNames = 50

/** A tag's names by language (BCP 47). */
export type Names = Record<string, string>

/** One derived picture, or the original, as stored: `bytes` is its length. */
export type StoredRendition = {
  name: string
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
