import { Type } from 'typebox'
import { closed, Id, Instant, listOf, NoMeta, named, Text, words } from '../../http/schema.ts'
import { scopes } from '../../words.ts'

const facts = {
  id: Id(),
  name: Type.String({ description: 'Who or what uses the key.' }),
  prefix: Type.String({ description: 'The public part of the key, by which it is known in lists and logs.' }),
  scopes: Type.Array(words(scopes)),
  createdAt: Instant(),
  expiresAt: Type.Optional(Instant()),
  revokedAt: Type.Optional(Instant()),
}

export const KeySchema = named('Key', closed(facts, { description: 'An API key, without its secret.' }))

export const NewKeySchema = named(
  'NewKey',
  closed(
    {
      ...facts,
      key: Type.String({ description: 'The key itself. It is shown this once and stored only as a hash.' }),
    },
    { description: 'A key just made.' },
  ),
)

export const KeyInputSchema = named(
  'KeyInput',
  closed(
    {
      name: Text(100, { description: 'Who or what will use the key.' }),
      scopes: Type.Array(words(scopes), { minItems: 1, uniqueItems: true }),
      expiresAt: Type.Optional(Instant({ description: 'The moment from which the key is refused.' })),
    },
    { examples: [{ name: 'Desk tool', scopes: ['articles:read', 'articles:write', 'articles:publish'] }] },
  ),
)

export const KeyListSchema = listOf('KeyList', KeySchema, NoMeta)

export const keySchemas = [KeySchema, NewKeySchema, KeyInputSchema, KeyListSchema]
