import { type ArticleField, articleFields, type Include } from './articles.schema.ts'
import { type OwnField, ownFields } from './form.ts'

/** How much of each article is asked for, and whether the reader may read what is for subscribers. */
export type View = {
  shown: ReadonlySet<ArticleField>
  /** Whether all that is the article's own is shown. */
  isWhole: boolean
  /** What else is shown, in the order of the schema. */
  related: readonly Exclude<ArticleField, OwnField>[]
  /** Whether tags and sections come with their names and codes. */
  tagDetails: boolean
  sectionDetails: boolean
  bodyFormat: 'html' | 'text'
  subscribers: boolean
}

/** What only a single article shows unless it is asked for. */
const heavy: readonly ArticleField[] = ['body', 'bodyWithheld', 'media', 'translations']
const usual = { list: articleFields.filter(field => !heavy.includes(field)), article: articleFields }
const relatedFields = articleFields.filter(field => !(ownFields as ArticleField[]).includes(field))

/** What a request says of how much it wants of each article. */
export type ViewQuery = {
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
    shown,
    isWhole: query.fields === undefined,
    related: relatedFields.filter(field => shown.has(field)) as View['related'],
    tagDetails: include.includes('tags'),
    sectionDetails: include.includes('section'),
    bodyFormat: query.bodyFormat ?? 'html',
    subscribers,
  }
}
