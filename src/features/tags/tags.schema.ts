import { type TSchema, Type } from 'typebox'
import {
  closed,
  Id,
  Instant,
  Language,
  listOf,
  NoMeta,
  named,
  nullable,
  Slug,
  Text,
  words,
} from '../../http/schema.ts'
import { mostNames, type Names, tagKinds } from '../../words.ts'

const languagePattern = (Language() as unknown as { pattern: string }).pattern

const namesOf = (name: TSchema, options: Record<string, unknown>) =>
  Type.Unsafe<Names>({
    type: 'object',
    propertyNames: { pattern: languagePattern },
    additionalProperties: name,
    maxProperties: mostNames,
    description: 'Its name in each language (BCP 47).',
    ...options,
  })

const slug = Slug({ description: 'The name of the tag in addresses.', examples: ['economy'] })
const kind = words(tagKinds, {
  description: 'What the tag is. An article stands under one tag of kind `section`.',
})
const names = namesOf(Text(200), { minProperties: 1, examples: [{ en: 'Economy', bg: 'Икономика' }] })
const parent = Slug({ description: 'The slug of the broader tag.' })
const mediaTopic = Type.String({
  pattern: '^medtop:[0-9]{8}$',
  description: 'Its IPTC Media Topic code.',
  examples: ['medtop:04000000'],
})
const wikidata = Type.String({
  pattern: '^Q[1-9][0-9]{0,11}$',
  description: 'Its Wikidata item.',
  examples: ['Q219'],
})

const codes = { mediaTopic: Type.Optional(mediaTopic), wikidata: Type.Optional(wikidata) }

export const TagSchema = named(
  'Tag',
  closed(
    {
      id: Id(),
      slug,
      kind,
      name: Type.String({ description: 'Its name in the language asked for, else in the default language.' }),
      names,
      parent: Type.Optional(parent),
      ...codes,
      count: Type.Integer({ description: 'How many live articles have it.' }),
    },
    { description: 'A tag that something live uses.' },
  ),
)

/** A tag as an article shows it. */
export const TagRefSchema = named(
  'TagRef',
  closed(
    {
      id: Id({ description: 'What the change log calls it by.' }),
      slug,
      kind,
      name: Type.String({ description: 'Its name in the language of the article.' }),
      names: Type.Optional(names),
      ...codes,
    },
    { description: 'A tag of an article; `include=tags` and `include=section` add its names and codes.' },
  ),
)

export const EditorialTagSchema = named(
  'EditorialTag',
  closed({
    id: Id(),
    slug,
    kind,
    names,
    parent: Type.Optional(parent),
    ...codes,
    revision: Type.Integer(),
    createdAt: Instant(),
    updatedAt: Instant(),
  }),
)

export const TagInputSchema = named(
  'TagInput',
  closed(
    { slug: Type.Optional(slug), kind, names, parent: Type.Optional(parent), ...codes },
    {
      description: 'A new tag. Without a slug, one is made of its name.',
      examples: [{ kind: 'topic', names: { en: 'Energy', bg: 'Енергетика' }, mediaTopic: 'medtop:20000256' }],
    },
  ),
)

export const TagPatchSchema = named(
  'TagPatch',
  closed(
    {
      names: Type.Optional(namesOf(nullable(Text(200)), { minProperties: 1 })),
      parent: Type.Optional(nullable(parent)),
      mediaTopic: Type.Optional(nullable(mediaTopic)),
      wikidata: Type.Optional(nullable(wikidata)),
    },
    {
      minProperties: 1,
      description: 'A merge patch (RFC 7396): null removes. The slug and the kind never change.',
      examples: [{ names: { en: 'Energy and power' } }],
    },
  ),
)

export const TagMergeSchema = named(
  'TagMerge',
  closed(
    { into: Slug({ description: 'The slug of the tag that stays.' }) },
    { examples: [{ into: 'energy' }] },
  ),
)

export const TagListSchema = listOf('TagList', TagSchema, NoMeta)
export const EditorialTagListSchema = listOf('EditorialTagList', EditorialTagSchema, NoMeta)

export const tagSchemas = [
  TagSchema,
  TagRefSchema,
  EditorialTagSchema,
  TagInputSchema,
  TagPatchSchema,
  TagMergeSchema,
  TagListSchema,
  EditorialTagListSchema,
]
