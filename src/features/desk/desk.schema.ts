import { Type } from 'typebox'
import {
  closed,
  Id,
  Instant,
  Language,
  listOf,
  NoMeta,
  named,
  nullable,
  optional,
  ref,
  Slug,
  Text,
  words,
} from '../../http/schema.ts'
import { accesses, articleKinds, deskStatuses, holders, liveStatuses } from '../../words.ts'

const language = Language({ description: 'The language it is written in (BCP 47).', examples: ['en'] })
const headline = Text(300)
const kind = words(articleKinds, { description: 'What sort of article it is; `story` unless said.' })
const body = Type.String({
  maxLength: 1_000_000,
  description:
    'The text. Stored as canonical HTML: active content is refused, other unlisted elements are unwrapped.',
})
const bodyFormat = words(['html', 'markdown', 'text'], {
  description: 'What `body` is written in; `html` unless said.',
})
const section = Slug({ description: 'The slug of the tag of kind `section` it stands under.' })
const tags = Type.Array(Slug(), {
  maxItems: 50,
  uniqueItems: true,
  description: 'Slugs of its other tags, in order.',
})
const leadMedia = Id({ description: 'The id of its lead picture.' })
const media = Type.Array(Id(), {
  maxItems: 100,
  uniqueItems: true,
  description: 'Ids of its further media, in order.',
})
const urgency = Type.Integer({
  minimum: 1,
  maximum: 9,
  description: 'From 1 (flash) to 9, as IPTC has it; 5 is normal.',
})
const access = words(accesses, { description: 'Who may read the body; `public` unless said.' })
const story = Id({
  description: 'The story it belongs to. Translations are articles of one story. Unless said, its own id.',
})
const slug = Slug({
  description: 'Its name in addresses. Made of the headline at the first publish unless set.',
})

/** The fields that a merge patch may remove. */
const removable = {
  shortHeadline: Text(120),
  summary: Text(2000),
  body,
  dateline: Text(200, { description: 'Where it was written, as printed.', examples: ['Sofia'] }),
  byline: Text(300, { description: 'Who wrote it, as printed.', examples: ['By Ivan Petrov'] }),
  signOff: Text(100, { description: "The author's initials, as printed.", examples: ['/IV/'] }),
  section,
  leadMedia,
  source: Text(200),
  usageTerms: Text(2000),
  slug,
  editorialNote: Text(5000, { description: 'For the desk alone; no reader ever sees it.' }),
}

/** The fields that always have a value. */
const lasting = { kind, tags, media, urgency, access, story }

const example = {
  headline: 'Varna Opens Its New Sea Garden Promenade',
  language: 'en',
  summary: 'The rebuilt promenade opens after two years of work.',
  body: '<p>The rebuilt promenade of the Sea Garden opened on Friday.</p>',
  section: 'society',
  tags: ['varna'],
  signOff: '/EM/',
}

export const ArticleInputSchema = named(
  'ArticleInput',
  closed(
    {
      headline,
      language,
      ...optional(removable),
      ...optional(lasting),
      bodyFormat: Type.Optional(bodyFormat),
    },
    { description: 'A new working copy. Publishing asks for a section and a body too.', examples: [example] },
  ),
)

export const ArticlePatchSchema = named(
  'ArticlePatch',
  closed(
    {
      headline: Type.Optional(headline),
      language: Type.Optional(language),
      ...optional({
        shortHeadline: nullable(removable.shortHeadline),
        summary: nullable(removable.summary),
        body: nullable(removable.body),
        dateline: nullable(removable.dateline),
        byline: nullable(removable.byline),
        signOff: nullable(removable.signOff),
        section: nullable(removable.section),
        leadMedia: nullable(removable.leadMedia),
        source: nullable(removable.source),
        usageTerms: nullable(removable.usageTerms),
        slug: nullable(removable.slug),
        editorialNote: nullable(removable.editorialNote),
      }),
      ...optional(lasting),
      bodyFormat: Type.Optional(bodyFormat),
    },
    {
      minProperties: 1,
      description:
        'A merge patch (RFC 7396) of the working copy: null removes. Readers see it at the next publish.',
      examples: [{ headline: 'Varna Opens Its Sea Garden Promenade' }],
    },
  ),
)

const WarningSchema = named(
  'Warning',
  closed(
    { code: Type.String(), pointer: Type.String(), detail: Type.String() },
    {
      description:
        'Something that the caller has to know: a part of the request that was not kept as it stood, or with code ' +
        '`held` that no reader sees the published version.',
    },
  ),
)

const facts = {
  id: Id(),
  revision: Type.Integer({ description: 'Raised by every write; the ETag is made of it.' }),
  deskStatus: words(deskStatuses, { description: 'Where the working copy stands at the desk.' }),
  liveStatus: words(liveStatuses, { description: 'What the public can see of the article.' }),
  heldBy: Type.Optional(
    words(holders, {
      description:
        'Who holds the article, while `liveStatus` is `held`. `editor`: only `release` ends it. `sender`: the sender ' +
        'of an imported article withholds it; his next usable version or `release` ends it. `both`: `release` ends ' +
        "both; the sender's next usable version leaves the editor's hold. The usable version does not end his hold if " +
        'the desk edited the article, or published it under embargo during the hold: `release` does.',
    }),
  ),
  headline,
  language,
  ...optional(removable),
  ...lasting,
  version: Type.Integer({ description: 'The number of the newest version; 0 before the first publish.' }),
  createdAt: Instant(),
  editedAt: Instant({ description: 'When the working copy was last written.' }),
  publishedAt: Type.Optional(Instant({ description: 'When it first became public.' })),
  embargoedUntil: Type.Optional(
    Instant({ description: 'Until when its newest version, not live yet, is under embargo.' }),
  ),
}

/** How and when a scheduled working copy goes live. */
export const ScheduleSchema = named(
  'Schedule',
  closed(
    {
      publishAt: Instant(),
      kind: Type.Optional(words(['update', 'correction'])),
      note: Type.Optional(Type.String()),
      embargoedUntil: Type.Optional(nullable(Instant())),
    },
    { description: 'When the working copy goes live by itself, and as what.' },
  ),
)

export const EditorialArticleSchema = named(
  'EditorialArticle',
  closed(
    {
      ...facts,
      schedule: Type.Optional(ref(ScheduleSchema)),
      warnings: Type.Optional(Type.Array(ref(WarningSchema))),
    },
    { description: 'A working copy: what editors see and edit, and no reader ever does.' },
  ),
)

export const EditorialArticleListSchema = listOf('EditorialArticleList', EditorialArticleSchema, NoMeta, {
  description: 'Working copies without their bodies.',
})

export const deskSchemas = [
  WarningSchema,
  ArticleInputSchema,
  ArticlePatchSchema,
  ScheduleSchema,
  EditorialArticleSchema,
  EditorialArticleListSchema,
]
