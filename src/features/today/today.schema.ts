import { Type } from 'typebox'
import { Cursor, closed, Day, Instant, Limit, listOf, named, ref, Slug } from '../../http/schema.ts'
import { ArticleSchema, filters, shape } from '../articles/articles.schema.ts'

const DayMetaSchema = named(
  'DayMeta',
  closed(
    {
      date: Day({ description: 'The news day.' }),
      timeZone: Type.String({ description: 'The zone whose day it is.' }),
      window: closed(
        { from: Instant(), to: Instant() },
        {
          description:
            'From the first instant of the day to the first that is no longer in it: 23 or 25 hours when clocks change.',
        },
      ),
      asOf: Instant({ description: 'The clock the day is cut at.' }),
      label: Type.String({ description: 'That clock as printed.', examples: ['By 05:21 on 12.07.2024'] }),
      total: Type.Integer({ description: 'How many articles the whole day has by then.' }),
      sections: Type.Array(closed({ tag: Slug(), name: Type.String(), count: Type.Integer() }), {
        description: 'How many of them each section has.',
      }),
      previous: Type.Optional(Day({ description: 'The nearest earlier day with news.' })),
      next: Type.Optional(Day({ description: 'The nearest later day with news.' })),
    },
    { description: 'Facts about the whole news day.' },
  ),
)

export const DaySchema = listOf('Day', ArticleSchema, ref(DayMetaSchema), {
  description: 'The live articles of a news day, newest first.',
})

export const DayQuery = closed({
  ...filters,
  timeZone: Type.Optional(
    Type.String({ maxLength: 64, description: 'The IANA zone whose day it is.', examples: ['Europe/Sofia'] }),
  ),
  asOf: Type.Optional(
    Instant({
      description:
        "Only what was published by then; texts are the current ones. Write the offset's + as %2B.",
    }),
  ),
  limit: Limit({ maximum: 500, default: 100 }),
  cursor: Type.Optional(Cursor()),
  ...shape,
})

export const todaySchemas = [DayMetaSchema, DaySchema]
