import { Type } from 'typebox'
import { closed, Id, Instant, named, nullable, Text, words } from '../../http/schema.ts'

const publishFacts = {
  kind: Type.Optional(
    words(['update', 'correction'], {
      description:
        'Adds news, or mends an error of fact. Needed once it has been public; the first publish has none.',
    }),
  ),
  note: Type.Optional(Text(1000, { description: 'What changed, for readers. A correction needs one.' })),
  embargoedUntil: Type.Optional(
    nullable(
      Instant({
        description:
          'Before this time only keys with `articles:embargoed` see this version; then it goes live by itself. Null ' +
          'lifts the embargo there is: needed, or a new time, to publish over a version that is under one.',
      }),
    ),
  ),
}

export const PublishSchema = named(
  'Publish',
  closed(
    {
      ...publishFacts,
      publishedAt: Type.Optional(
        Instant({
          description:
            'At the first publish: an earlier time of publication. Takes the scope `articles:backdate`.',
        }),
      ),
    },
    { examples: [{}, { kind: 'correction', note: 'The bridge is 300 metres long, not 400.' }] },
  ),
)

export const ScheduleInputSchema = named(
  'ScheduleInput',
  closed(
    {
      publishAt: Instant({ description: 'When it is to go live by itself: a time ahead.' }),
      ...publishFacts,
    },
    {
      description:
        'A publish at a time ahead. With `embargoedUntil`, a later time, it is under embargo from `publishAt` on.',
      examples: [{ publishAt: '2030-07-12T05:21:00+03:00' }],
    },
  ),
)

const reason = Text(2000, { description: 'Why, for the newsroom alone: it stands in the audit trail.' })

export const MoveSchema = named(
  'Move',
  closed({ reason: Type.Optional(reason) }, { examples: [{}, { reason: 'The second source is missing.' }] }),
)

export const HoldSchema = named(
  'Hold',
  closed({ reason }, { examples: [{ reason: 'Legal asks to see the documents.' }] }),
)

export const RestoreVersionSchema = named(
  'RestoreVersion',
  closed(
    {
      version: Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'The number of the version.' }),
      reason: Type.Optional(reason),
    },
    { examples: [{ version: 1 }] },
  ),
)

export const WithdrawSchema = named(
  'Withdraw',
  closed(
    {
      notice: Text(1000, { description: 'What readers are told in its place.' }),
      reason: Text(2000, { description: 'Why, for the newsroom alone.' }),
      replacement: Type.Optional(Id({ description: 'The id of an article to read instead.' })),
    },
    {
      examples: [
        {
          notice: 'This story was withdrawn because its source was not reliable.',
          reason: 'The document was forged.',
        },
      ],
    },
  ),
)

export const moveSchemas = [
  PublishSchema,
  ScheduleInputSchema,
  MoveSchema,
  HoldSchema,
  RestoreVersionSchema,
  WithdrawSchema,
]
