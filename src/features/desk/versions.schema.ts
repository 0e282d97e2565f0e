import { Type } from 'typebox'
import { closed, Id, Instant, listOf, NoMeta, named, words } from '../../http/schema.ts'
import { versionKinds } from '../../words.ts'

const versionFacts = {
  number: Type.Integer(),
  kind: words(versionKinds),
  at: Instant(),
  note: Type.Optional(Type.String()),
  keyId: Type.Optional(Id({ description: 'The key that published it.' })),
}

export const EditorialVersionSchema = named(
  'EditorialVersion',
  closed({
    ...versionFacts,
    article: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The article as it was printed: only for one version.',
      }),
    ),
  }),
)

export const EditorialVersionListSchema = listOf('EditorialVersionList', EditorialVersionSchema, NoMeta)

const side = (which: string) =>
  Type.Optional(Type.Unknown({ description: `The field in the ${which}; absent where it had none.` }))

export const DiffSchema = named(
  'Diff',
  closed(
    {
      from: Type.Integer({ description: 'The number of the version that is compared.' }),
      to: Type.Optional(
        Type.Integer({
          description: 'The number of the version it is compared with; absent for the working copy.',
        }),
      ),
      changes: Type.Array(
        closed({
          field: Type.String(),
          before: side('first'),
          after: side('second'),
          parts: Type.Optional(
            Type.Array(closed({ op: words(['same', 'removed', 'added']), text: Type.String() }), {
              description:
                'Of a text: its words and tags in order, kept, removed or added. Absent where the two have too little ' +
                'in common to be compared in time.',
            }),
          ),
        }),
        { description: 'The fields that differ.' },
      ),
    },
    { description: 'What differs between two versions, or a version and the working copy.' },
  ),
)

export const versionSchemas = [EditorialVersionSchema, EditorialVersionListSchema, DiffSchema]
