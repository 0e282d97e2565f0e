import { Type } from 'typebox'
import { Cursor, closed, Id, Instant, Limit, listOf, named, ref, words } from '../../http/schema.ts'
import { actions, subjectTypes } from '../../words.ts'
import { TombstoneSchema } from '../articles/articles.schema.ts'

export const ChangeSchema = named(
  'Change',
  closed(
    {
      seq: Type.Integer({ description: 'Its number: in the order of commits, with no gap.' }),
      at: Instant({ description: 'When it was committed.' }),
      subject: closed({ type: words(subjectTypes), id: Id() }),
      action: words(actions, {
        description:
          'Of an article: published, updated, corrected, suspended, restored, withdrawn. Of a tag or media: changed, ' +
          'or removed when nothing live uses it any more.',
      }),
      version: Type.Optional(Type.Integer({ description: 'The version of the article.' })),
      tombstone: Type.Optional(ref(TombstoneSchema)),
    },
    { description: 'One thing that became visible, changed or disappeared.' },
  ),
)

export const ChangeListSchema = listOf(
  'ChangeList',
  ChangeSchema,
  closed(
    {
      cursor: Type.String({ description: 'Where this page ends. Ask again with it for what came after.' }),
      latest: Type.String({
        description: 'Where the log ends now: to follow from here without reading the past.',
      }),
    },
    { description: 'Where a follower stands.' },
  ),
)

export const ChangeQuery = closed({ limit: Limit({ default: 100 }), cursor: Type.Optional(Cursor()) })

export const changeSchemas = [ChangeSchema, ChangeListSchema]
