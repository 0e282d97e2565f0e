import { Type } from 'typebox'
import { closed, Id, Instant, listOf, NoMeta, named, words } from '../../http/schema.ts'
import { actorKinds, auditedTypes, mutations } from '../../words.ts'

const facts = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description }))

export const AuditEntrySchema = named(
  'AuditEntry',
  closed(
    {
      subject: closed({ type: words(auditedTypes), id: Id() }),
      number: Type.Integer({ description: 'Its place among the entries of its subject, from 1.' }),
      at: Instant({ description: 'When it was committed.' }),
      by: words(actorKinds, {
        description:
          'A key, or the service itself: a schedule, the lapse of an embargo, an import, a command.',
      }),
      key: Type.Optional(
        closed({ id: Id(), name: Type.Optional(Type.String()) }, { description: 'The key that did it.' }),
      ),
      move: words(mutations, { description: 'What was done.' }),
      before: facts('What changed, as it was. Absent for what was made.'),
      after: facts('What changed, as it is since. Absent for what was deleted.'),
      said: facts('What was said beside: the kind and note of a publish, the notice of a withdrawal, say.'),
      reason: Type.Optional(Type.String({ description: 'Why, for the newsroom alone.' })),
    },
    { description: 'One thing that was done: who, when, what and why. No entry is ever changed or deleted.' },
  ),
)

export const AuditListSchema = listOf('AuditList', AuditEntrySchema, NoMeta)

export const auditSchemas = [AuditEntrySchema, AuditListSchema]
