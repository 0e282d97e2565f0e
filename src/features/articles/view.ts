import type { ArticleField, Include } from './articles.schema.ts'

/** How much of each article is asked for, and whether the reader may read what is for subscribers. */
export type View = {
  shows(field: ArticleField): boolean
  /** Whether tags and sections come with their names and codes. */
  tagDetails: boolean
  /** Whether no fields were asked for one by one. */
  isPlain: boolean
  sectionDetails: boolean
  bodyFormat: 'html' | 'text'
  subscribers: boolean
}

/** What only a single article shows unless it is asked for. */
const heavy: readonly ArticleField[] = ['body', 'bodyWithheld', 'media', 'translations']

type ViewQuery = {
  fields?: readonly ArticleField[]
  include?: readonly Include[]
  bodyFormat?: 'html' | 'text'
}

/** Reads `fields` and `include` together: the fields asked for, or those of a list or a single article, and the included. */
export function viewOf(query: ViewQuery, subscribers: boolean, of: 'list' | 'article'): View {
  const include: readonly ArticleField[] = query.include ?? []
  const { fields } = query
  const shows = (field: ArticleField): boolean => {
    if (field === 'id' || include.includes(field)) return true
    if (field === 'bodyWithheld' && !fields?.includes(field)) return shows('body')
    return fields ? fields.includes(field) : of === 'article' || !heavy.includes(field)
  }
  return {
    shows,
    tagDetails: include.includes('tags'),
    isPlain: fields === undefined,
    sectionDetails: include.includes('section'),
    bodyFormat: query.bodyFormat ?? 'html',
    subscribers,
  }
}
