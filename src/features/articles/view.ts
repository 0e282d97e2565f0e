import { type ArticleField, articleFields, type Include } from './articles.schema.ts'

/** How much of each article is asked for, and whether the reader may read what is for subscribers. */
export type View = {
  /** What is shown, in the order of the schema. */
  fields: readonly ArticleField[]
  shows(field: ArticleField): boolean
  /** Whether tags and sections come with their names and codes. */
  tagDetails: boolean
  sectionDetails: boolean
  bodyFormat: 'html' | 'text'
  subscribers: boolean
}

/** What only a single article shows unless it is asked for. */
const heavy: readonly ArticleField[] = ['body', 'bodyWithheld', 'media', 'translations']
const usual = { list: articleFields.filter(field => !heavy.includes(field)), article: articleFields }

type ViewQuery = {
  fields?: readonly ArticleField[]
  include?: readonly Include[]
  bodyFormat?: 'html' | 'text'
}

/** Reads `fields` and `include` together: the fields asked for, or those of a list or a single article, and the included. */
export function viewOf(query: ViewQuery, subscribers: boolean, of: 'list' | 'article'): View {
  const include: readonly ArticleField[] = query.include ?? []
  const shown = new Set<ArticleField>(['id', ...(query.fields ?? usual[of]), ...include])
  // Where a body would stand, it is said why there is none.
  if (shown.has('body')) shown.add('bodyWithheld')
  return {
    fields: articleFields.filter(field => shown.has(field)),
    shows: field => shown.has(field),
    tagDetails: include.includes('tags'),
    sectionDetails: include.includes('section'),
    bodyFormat: query.bodyFormat ?? 'html',
    subscribers,
  }
}
