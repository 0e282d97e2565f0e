/** The pictures the demo can draw; one function in a `scenes-*.ts` file each. */
export type SceneName =
  | 'wind-farm'
  | 'lighthouse'
  | 'pylons'
  | 'storm'
  | 'museum'
  | 'tram'
  | 'stadium'
  | 'market-chart'
  | 'bridge'
  | 'skyline'

/** A tag of the demo newsroom; `parent` is a slug, `names` is by language. */
export type DemoTag = {
  id: string
  slug: string
  kind: 'section' | 'topic' | 'place' | 'person' | 'organisation' | 'event' | 'series'
  names: Record<string, string>
  parent?: string
  mediaTopic?: string
  wikidata?: string
}

/** A picture of the demo newsroom, drawn at load time by `drawScene`. */
export type DemoPicture = {
  id: string
  scene: SceneName
  caption: string
  credit: string
  alt: string
  photographer: string
  rights?: string
}

/** What every demo story has; `section` and `tags` are tag slugs, `leadMedia` and `media` picture ids. */
export type DemoStory = {
  slug: string
  language: 'en' | 'bg'
  kind?: 'story' | 'brief' | 'analysis' | 'interview' | 'opinion' | 'advisory' | 'live'
  headline: string
  shortHeadline?: string
  summary: string
  /** HTML of p, h2, ul, blockquote and a. */
  body: string
  dateline?: string
  byline?: string
  signOff: string
  section: string
  tags: string[]
  leadMedia?: string
  media?: string[]
  urgency?: number
  access?: 'public' | 'subscribers'
  source?: string
  usageTerms?: string
  /** The id of the first article of the story: what translations share. */
  story?: string
}

/** A story of the fixed archive day; every `at` is `HH:MM`, Sofia time, on that day. */
export type ArchiveStory = DemoStory & {
  id: string
  at: string
  correction?: { note: string; headline?: string; body?: string; summary?: string; at?: string }
  update?: { note?: string; body: string; at?: string }
  /** `notice` is public, `reason` internal, `replacement` the id of the article that stands instead. */
  withdrawal?: { notice: string; reason: string; replacement?: string }
}

/** A story of one of the last four days; `at` is `HH:MM`, Sofia time. */
export type RecentStory = DemoStory & { id: string; daysAgo: number; at: string }

/**
 * A story that reads right on any day. The loader makes the slug of `key` and the date, and fills in
 * `{date}` and `{weekday}` in headline, summary and body.
 */
export type DailyStory = Omit<DemoStory, 'slug'> & { key: string }
