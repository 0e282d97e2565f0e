import { postgresColumns } from './columns.postgres.ts'
import { describeTables } from './tables.ts'

/** The tables as PostgreSQL has them; drizzle-kit reads these exports to make migrations. */
export const tables = describeTables(postgresColumns)

export const {
  head,
  changes,
  publications,
  publicationBodies,
  publicationTags,
  publicationMedia,
  history,
  slugs,
  tombstones,
  liveTags,
  liveTagNames,
  tagRedirects,
  liveMedia,
  tags,
  media,
  articles,
  articleTags,
  articleMedia,
  versions,
  withdrawals,
  keys,
  imports,
} = tables.all
