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
      name: Type.String({
        description:
          '`original`, or the preset it was made by. For readers `original` has the pixels of the uploaded file and ' +
          'none of its metadata; it is left out where the metadata cannot be removed. For the desk it is the upload.',
        examples: ['w640'],
      }),
      url: Type.String({
        description:
          'The address of its bytes. It changes when the picture or a word written into its files changes: caption, ' +
          'credit, rights or photographer.',
      }),
      contentType: Type.String(),
      width: Type.Integer({ description: 'In pixels.' }),
      height: Type.Integer({ description: 'In pixels.' }),
      bytes: Type.Integer({ description: 'The length of the file at `url`.' }),
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
        description:
          'A JPEG, PNG, WebP, AVIF or GIF, known by its content. It may have 100 megapixels as JPEG or PNG, 38 as ' +
          'progressive JPEG, 32 as interlaced PNG, 50 as WebP or GIF (500 frames, all together), 12.5 as AVIF.',
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
    description: 'Names the picture and the words written into its files.',
    examples: ['347c9df0c6548c8f26cd22f8528d5d12'],
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
