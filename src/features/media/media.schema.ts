import { Type } from 'typebox'
import {
  closed,
  Id,
  Instant,
  listOf,
  NoMeta,
  named,
  nullable,
  optional,
  ref,
  Text,
  words,
} from '../../http/schema.ts'
import { mediaTypes } from '../../words.ts'

const RenditionSchema = named(
  'Rendition',
  closed(
    {
      name: Type.String({ description: '`original`, or the preset it was made by.', examples: ['w640'] }),
      url: Type.String({
        description: 'Where its bytes are, for ever: a changed picture has another address.',
      }),
      contentType: Type.String(),
      width: Type.Integer({ description: 'In pixels.' }),
      height: Type.Integer({ description: 'In pixels.' }),
      bytes: Type.Integer({ description: 'Its length.' }),
    },
    { description: 'One size and form of a picture.' },
  ),
)

const caption = Text(2000, { description: 'What it shows, as printed.' })
const credit = Text(300, {
  description: 'Whom it is from, given verbatim.',
  examples: ['AP Photo/Matt Rourke'],
})
const alt = Text(1000, { description: 'What it shows, for those who do not see it.' })
const photographer = Text(200)
const rights = Text(2000, { description: 'What may be done with it.' })

const optionalWords = optional({ caption, credit, alt, photographer, rights })

const facts = {
  id: Id(),
  type: words(mediaTypes),
  ...optionalWords,
  width: Type.Optional(Type.Integer({ description: 'Of the original, in pixels.' })),
  height: Type.Optional(Type.Integer({ description: 'Of the original, in pixels.' })),
  renditions: Type.Array(ref(RenditionSchema), {
    description: 'The forms there are; empty for media known by its metadata alone.',
  }),
}

export const MediaSchema = named(
  'Media',
  closed(facts, { description: 'A picture, video, audio, graphic or document that something live uses.' }),
)

export const EditorialMediaSchema = named(
  'EditorialMedia',
  closed({ ...facts, revision: Type.Integer(), createdAt: Instant(), updatedAt: Instant() }),
)

/** The fields of the upload form besides the file. */
export const MediaWordsSchema = closed(optionalWords)

export const MediaUploadSchema = named(
  'MediaUpload',
  closed(
    {
      file: Type.String({
        format: 'binary',
        description: 'A JPEG, PNG, WebP, AVIF or GIF, known by its content, of at most 100 megapixels.',
      }),
      ...optionalWords,
    },
    { description: 'A form (multipart/form-data). Its words are taken verbatim.' },
  ),
)

export const MediaPatchSchema = named(
  'MediaPatch',
  closed(
    optional({
      caption: nullable(caption),
      credit: nullable(credit),
      alt: nullable(alt),
      photographer: nullable(photographer),
      rights: nullable(rights),
    }),
    {
      minProperties: 1,
      description: 'A merge patch (RFC 7396): null removes.',
      examples: [{ caption: 'The harbour at dawn, Varna, July 11, 2024' }],
    },
  ),
)

export const MediaListSchema = listOf('MediaList', MediaSchema, NoMeta)
export const EditorialMediaListSchema = listOf('EditorialMediaList', EditorialMediaSchema, NoMeta)

/** The address of one file of media. */
export const FileParams = closed({
  id: Id({ examples: ['0190a3c0-0000-7000-9000-000000000001'] }),
  contentHash: Type.String({
    pattern: '^[0-9a-f]{32}$',
    description: 'Names the bytes of the original.',
    examples: ['50a42e033e75983dbb653f363469b662'],
  }),
  file: Type.String({ pattern: '^[a-z0-9]{1,20}\\.[a-z0-9]{1,5}$', examples: ['w640.jpg'] }),
})

const bytes = { 'image/*': { schema: Type.String({ format: 'binary' }) } }
export const fileAnswers = {
  200: { description: 'The bytes.', content: bytes },
  206: { description: 'The range of bytes that was asked for.', content: bytes },
}

export const mediaSchemas = [
  RenditionSchema,
  MediaSchema,
  EditorialMediaSchema,
  MediaUploadSchema,
  MediaPatchSchema,
  MediaListSchema,
  EditorialMediaListSchema,
]
