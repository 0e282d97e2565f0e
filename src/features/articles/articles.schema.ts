import { Type } from 'typebox'
import {
  anyOf,
  CountMeta,
  Cursor,
  closed,
  commaList,
  Id,
  Instant,
  Language,
  Limit,
  listOf,
  NoMeta,
  named,
  ref,
  Slug,
  words,
} from '../../http/schema.ts'
import { accesses, articleKinds, versionKinds } from '../../words.ts'
import { MediaSchema } from '../media/media.schema.ts'
import { TagRefSchema } from '../tags/tags.schema.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

const CorrectionSchema = named(
  'Correction',
  closed(
    { version: Type.Integer(), at: Instant(), note: Type.String() },
    { description: 'An error of fact that was mended.' },
  ),
)

const TranslationSchema = named(
  'Translation',
  closed(
    {
      id: Id(),
      slug: Slug(),
      language: Language(),
      headline: Type.String(),
      canonicalUrl: text('Where it is read on the public site.'),
    },
    { description: 'A live article of the same story in another language.' },
  ),
)

const properties = {
  id: Id({ description: 'Never changes.' }),
  slug: Type.Optional(Slug({ description: 'Its name in addresses. An old one redirects.' })),
  language: Type.Optional(Language()),
  kind: Type.Optional(words(articleKinds)),
  headline: text('As printed.'),
  shortHeadline: text('For narrow places.'),
  summary: text('One paragraph of plain text.'),
  dateline: text('Where it was written, as printed.'),
  byline: text('Who wrote it, as printed.'),
  signOff: text("The author's initials, as printed."),
  urgency: Type.Optional(Type.Integer({ description: 'From 1 (flash) to 9; 5 is normal.' })),
  access: Type.Optional(words(accesses)),
  story: Type.Optional(Id({ description: 'The story it belongs to, with its translations.' })),
  source: text('Whom the news is from.'),
  usageTerms: text('What may be done with it.'),
  wordCount: Type.Optional(Type.Integer()),
  readingMinutes: Type.Optional(Type.Integer()),
  version: Type.Optional(Type.Integer({ description: 'The number of the version that is live.' })),
  publishedAt: Type.Optional(Instant({ description: 'When it first became public; never moves.' })),
  updatedAt: Type.Optional(Instant({ description: 'When the live version was published.' })),
  correctedAt: Type.Optional(Instant({ description: 'When it was last corrected.' })),
  corrections: Type.Optional(Type.Array(ref(CorrectionSchema))),
  canonicalUrl: text('Where it is read on the public site.'),
  section: Type.Optional(ref(TagRefSchema)),
  tags: Type.Optional(Type.Array(ref(TagRefSchema))),
  leadMedia: Type.Optional(ref(MediaSchema)),
  media: Type.Optional(
    Type.Array(ref(MediaSchema), { description: 'Further media. Lists have it only with `include=media`.' }),
  ),
  body: text('The text, in the format of `bodyFormat`. Lists have it only with `include=body`.'),
  bodyWithheld: Type.Optional(
    closed(
      { reason: words(['subscribers'], { description: 'The body is for subscribers.' }) },
      { description: 'Why there is no body.' },
    ),
  ),
  embargoedUntil: Type.Optional(
    Instant({
      description:
        'Until when this is under embargo. Only keys with `articles:embargoed` see it before; they may not publish it.',
    }),
  ),
  translations: Type.Optional(
    Type.Array(ref(TranslationSchema), { description: 'Lists have it only with `include=translations`.' }),
  ),
}

/**
 * Raised with any change of how the fields that are an article's own are written (form.ts): what an earlier build kept
 * is then written anew wherever it is read.
 */
export const formVersion = 1

export const articleFields = Object.keys(properties) as (keyof typeof properties)[]
export type ArticleField = keyof typeof properties

export const ArticleSchema = named(
  'Article',
  closed(properties, {
    description:
      'An article as readers may see it now. An absent value is an absent key. With `fields`, only those asked for.',
  }),
)

export const ArticleListSchema = listOf('ArticleList', ArticleSchema, CountMeta)
export const RelatedListSchema = listOf('RelatedList', ArticleSchema, NoMeta)

export const VersionSchema = named(
  'Version',
  closed(
    {
      number: Type.Integer(),
      kind: words(versionKinds, { description: 'The first publish, added news, or a mended error.' }),
      at: Instant(),
      note: text('What changed, in public words.'),
    },
    { description: 'One version in the public history of an article.' },
  ),
)

export const VersionListSchema = listOf('VersionList', VersionSchema, NoMeta)

/** What a 410 carries of a withdrawn article: never the headline, slug or text. */
export const TombstoneSchema = named(
  'Tombstone',
  closed(
    {
      id: Id(),
      withdrawnAt: Instant(),
      notice: Type.String({ description: 'What readers are told.' }),
      replacement: Type.Optional(
        closed({ id: Id(), slug: Slug() }, { description: 'An article to read instead.' }),
      ),
    },
    { description: 'What is left of an article that was withdrawn.' },
  ),
)

export const includes = ['body', 'tags', 'media', 'section', 'translations'] as const
export type Include = (typeof includes)[number]

/** How much of each article an answer shows. */
export const shape = {
  fields: Type.Optional(
    commaList(words(articleFields), {
      description: 'Only these fields; `id` is always there.',
      examples: [['headline', 'publishedAt']],
    }),
  ),
  include: Type.Optional(
    commaList(words(includes), {
      description:
        '`body`, `media` and `translations` add what lists leave out; `tags` and `section` add the names and codes of those.',
    }),
  ),
  bodyFormat: Type.Optional(
    words(['html', 'text'], { description: 'The format of `body`; html unless said.' }),
  ),
}

/** Which articles a list has. */
export const filters = {
  tag: Type.Optional(anyOf(Slug(), { description: 'Any of these tags.', examples: [['energy']] })),
  tagAll: Type.Optional(anyOf(Slug(), { description: 'All of these tags.' })),
  section: Type.Optional(anyOf(Slug(), { description: 'Any of these sections.', examples: [['economy']] })),
  language: Type.Optional(anyOf(Language(), { description: 'Any of these languages.', examples: [['en']] })),
  kind: Type.Optional(anyOf(words(articleKinds), { description: 'Any of these kinds.' })),
  signOff: Type.Optional(
    anyOf(Type.String({ minLength: 1, maxLength: 100 }), {
      description: 'Any of these sign-offs, as printed.',
    }),
  ),
  urgency: Type.Optional(
    anyOf(Type.Integer({ minimum: 1, maximum: 9 }), { description: 'Any of these urgencies.' }),
  ),
}

export const ArticleQuery = closed({
  ...filters,
  publishedFrom: Type.Optional(Instant({ description: 'Published at this time or later.' })),
  publishedBefore: Type.Optional(Instant({ description: 'Published before this time.' })),
  updatedSince: Type.Optional(Instant({ description: 'Updated at this time or later.' })),
  ids: Type.Optional(
    commaList(Id(), {
      description:
        'Article ids, up to 100. Every one of them that is live comes on the one page, so `limit` and `cursor` are a 400 ' +
        'with it. An id that does not come back is not public.',
    }),
  ),
  sort: Type.Optional(
    words(['-publishedAt', 'publishedAt', '-updatedAt'], { description: 'Newest first unless said.' }),
  ),
  // Without a default: it must be plain whether the request names it.
  limit: Type.Optional(
    Limit({ default: undefined, description: 'How many items a page has; 20 unless said.' }),
  ),
  cursor: Type.Optional(Cursor()),
  count: Type.Optional(
    words(['exact'], { description: 'Adds `meta.total`. It may cost much: 503 past a time limit.' }),
  ),
  ...shape,
})

export const articleSchemas = [
  CorrectionSchema,
  TranslationSchema,
  ArticleSchema,
  ArticleListSchema,
  RelatedListSchema,
  VersionSchema,
  VersionListSchema,
  TombstoneSchema,
]
