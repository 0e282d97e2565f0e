import { archiveBulgarian } from './archive-bg.ts'
import { archiveEnglish } from './archive-en.ts'
import { dailyBulgarian } from './daily-bg.ts'
import { dailyEnglish } from './daily-en.ts'
import { recentBulgarianLife } from './recent-bg-life.ts'
import { recentBulgarianNews } from './recent-bg-news.ts'
import { recentEnglishLife } from './recent-en-life.ts'
import { recentEnglishNews } from './recent-en-news.ts'
import type { ArchiveStory, DailyStory, RecentStory } from './types.ts'

export { demoPictures } from './pictures.ts'
export { demoTags } from './tags.ts'

/** The fixed day of the archive, in Sofia. */
export const archiveDate = '2024-07-12'

const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id)

/** The stories of the archive day, by id. */
export const archiveStories: ArchiveStory[] = [...archiveEnglish, ...archiveBulgarian].sort(byId)

/** The stories of the four days before the demo starts, by id. */
export const recentStories: RecentStory[] = [
  ...recentEnglishNews,
  ...recentEnglishLife,
  ...recentBulgarianNews,
  ...recentBulgarianLife,
].sort(byId)

/** The templates of the demo's own day. */
export const dailyStories: DailyStory[] = [...dailyEnglish, ...dailyBulgarian]
