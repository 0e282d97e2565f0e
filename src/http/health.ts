import { Type } from 'typebox'
import type { Db } from '../db/db.ts'
import { DomainError } from '../errors.ts'
import type { App } from './app-type.ts'
import { responses } from './problem.ts'
import { closed, words } from './schema.ts'

const answering = ['ok', 'down'] as const
const Liveness = closed({ status: words(['ok']) })
const Readiness = closed({
  status: words(['ok', 'degraded'], {
    description: 'Degraded: it answers, and one of its servers does not.',
  }),
  seq: Type.Integer(),
  primary: words(answering, {
    description: 'While it is down, reads go on where there is a replica; writes get 503.',
  }),
  replicas: Type.Optional(Type.Array(words(answering), { description: 'In the order of their setting.' })),
})

/** `/health/live`: the process runs. `/health/ready`: it can answer, too. */
export function healthRoutes(app: App, { db, isStopping }: { db: Db; isStopping: () => boolean }): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'getLiveness',
        summary: 'Is the process running?',
        description: 'Answers as long as the process does, whatever the store is doing.',
        tags: ['System'],
        response: responses({ 200: Liveness }, 401),
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'ok' as const }
    },
  )

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Can it answer requests?',
        description: 'Reads the store. `seq` is the number of the last change.',
        tags: ['System'],
        response: responses({ 200: Readiness }, 401, 503),
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      if (isStopping())
        throw new DomainError('busy', 'The service is stopping.', { headers: { 'retry-after': '5' } })
      const { primary, replicas } = await db.check()
      if (!primary && !replicas.includes(true))
        throw new DomainError('busy', 'The store does not answer.', { headers: { 'retry-after': '5' } })
      const { seq } = await db.read('anywhere', source => source.headNow())
      const whole = primary && !replicas.includes(false)
      return {
        status: whole ? ('ok' as const) : ('degraded' as const),
        seq,
        primary: primary ? ('ok' as const) : ('down' as const),
        ...(replicas.length > 0
          ? { replicas: replicas.map(up => (up ? ('ok' as const) : ('down' as const))) }
          : {}),
      }
    },
  )
}
