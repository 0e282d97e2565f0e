import { Type } from 'typebox'
import type { Db, Head } from '../db/db.ts'
import type { Room } from '../disk.ts'
import { DomainError, storageFull } from '../errors.ts'
import type { App } from './app-type.ts'
import { alwaysAnswering, responses } from './problem.ts'
import { closed, words } from './schema.ts'

/** A log whose last commit is further ahead of the clock than this was written by a clock that was wrong. */
const mostAheadMs = 60_000
const answering = ['ok', 'down'] as const
const Liveness = closed({ status: words(['ok']) })
const Readiness = closed({
  status: words(['ok', 'degraded'], {
    description:
      'Degraded: it answers, but one of its servers does not, or the clock is behind the last commit.',
  }),
  seq: Type.Integer(),
  primary: words(answering, {
    description: 'While it is down, reads go on where there is a replica; writes get 503.',
  }),
  clock: words(['ok', 'behind'], {
    description:
      'Behind: the last commit is over a minute ahead of the clock of this machine. One of the two clocks was wrong.',
  }),
  replicas: Type.Optional(Type.Array(words(answering), { description: 'In the order of their setting.' })),
})

export type HealthDeps = {
  db: Db
  files: { room(): Promise<Room> }
  now: () => number
  isStopping: () => boolean
}

/** By how many milliseconds the last commit is ahead of the clock; 0 where that is less than a minute. */
export function aheadOfClock(head: Pick<Head, 'at'>, now: number): number {
  return head.at - now > mostAheadMs ? head.at - now : 0
}

/** `/health/live`: the process runs. `/health/ready`: it can answer requests and take writes. */
export function healthRoutes(app: App, { db, files, now, isStopping }: HealthDeps): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'getLiveness',
        summary: 'Is the process running?',
        description: 'Answers as long as the process does, whatever the store is doing.',
        tags: ['System'],
        response: alwaysAnswering({ 200: Liveness }, 401),
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
        description:
          'Reads the store. `seq` is the number of the last change. 503 with the code `storage-full` names the full disk: ' +
          'reads go on, writes are refused.',
        tags: ['System'],
        response: responses({ 200: Readiness }, 401, 503),
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      if (isStopping())
        throw new DomainError('busy', 'The service is stopping.', { headers: { 'retry-after': '5' } })
      const { primary, replicas, isFull } = await db.check()
      if (!primary && !replicas.includes(true))
        throw new DomainError('busy', 'The store does not answer.', { headers: { 'retry-after': '5' } })
      if (isFull) throw storageFull('The disk of the database is full.')
      const room = await files.room()
      if (room === 'full') throw storageFull('The disk of the pictures is full.')
      if (room === 'unreadable')
        throw new DomainError('busy', 'The folder of the pictures cannot be read.', {
          headers: { 'retry-after': '5' },
        })
      const head = await db.read('anywhere', source => source.headNow())
      const isBehind = aheadOfClock(head, now()) > 0
      const whole = primary && !replicas.includes(false) && !isBehind
      return {
        status: whole ? ('ok' as const) : ('degraded' as const),
        seq: head.seq,
        primary: primary ? ('ok' as const) : ('down' as const),
        clock: isBehind ? ('behind' as const) : ('ok' as const),
        ...(replicas.length > 0
          ? { replicas: replicas.map(up => (up ? ('ok' as const) : ('down' as const))) }
          : {}),
      }
    },
  )
}
