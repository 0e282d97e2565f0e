import { Type } from 'typebox'
import type { Db } from '../db/db.ts'
import { DomainError } from '../errors.ts'
import type { App } from './app-type.ts'
import { responses } from './problem.ts'
import { closed, words } from './schema.ts'

const Health = closed({ status: words(['ok']), seq: Type.Optional(Type.Integer()) })

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
        response: responses({ 200: Health }, 401),
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
        response: responses({ 200: Health }, 401, 503),
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      if (isStopping())
        throw new DomainError('busy', 'The service is stopping.', { headers: { 'retry-after': '5' } })
      await db.ping()
      return { status: 'ok' as const, seq: db.headNow().seq }
    },
  )
}
