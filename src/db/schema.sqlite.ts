import { sqliteColumns } from './columns.sqlite.ts'
import { describeTables } from './tables.ts'

/** The tables as SQLite has them; drizzle-kit reads these exports to make migrations. */
export const tables = describeTables(sqliteColumns)

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
