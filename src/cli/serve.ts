import cluster from 'node:cluster'
import { type AddressInfo, createServer } from 'node:net'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { buildApp } from '../app.ts'
import type { Config } from '../config.ts'
import { loggable } from '../errors.ts'
import { startClock } from '../features/desk/clock.ts'
import type { App } from '../http/app-type.ts'
import { aheadOfClock } from '../http/health.ts'
import { makeLimiter } from '../http/limits.ts'
import { logSerializers } from '../http/server.ts'
import { type Gate, makeGate, startShedding } from '../http/shedding.ts'
import { loadDemo } from './demo/load.ts'
import { startMakingBareOf } from './make-bare.ts'
import { hostOf, loadConfig, type Newsroom, openNewsroom, publicUrlOf, readVersion } from './newsroom.ts'
import { startPurgeOf } from './purge.ts'
import { onStop, readWorkers, runWorkers, shareCounts } from './workers.ts'

export const serveUsage = `Usage: npm run dateline -- serve [--workers N]

Serves the newsroom in DATA_DIR until it is told to stop (SIGINT, SIGTERM). With --workers by that many processes;
auto: one on each core.`

export const demoUsage = `Usage: npm start

Serves the newsroom in DATA_DIR. An empty one gets the demo newsroom; one that has nothing else gets the demo's stories
of today. TIME_ZONE is Europe/Sofia unless set.`

/** `serve`: the newsroom as it is. */
export async function serve(args: string[]): Promise<number | undefined> {
  const { values } = parseArgs({ args, options: { workers: { type: 'string', default: '1' } } })
  const workers = readWorkers(values.workers)
  if (workers === 1 || cluster.isWorker) return run(loadConfig())
  const config = await withPort(loadConfig())
  return runWorkers(config, workers, () => announce(config))
}

/** `demo`, which is `npm start`: the newsroom, with the demo content in an empty one. */
export async function demo(args: string[]): Promise<undefined> {
  parseArgs({ args, options: {} })
  await run(loadConfig({ TIME_ZONE: 'Europe/Sofia' }), loadDemo)
}

/** How long a stop may take: requests in flight are finished first. */
const stopMilliseconds = 30_000

/** With a port that is known before anything is built, since addresses are made of it. */
async function withPort(config: Config): Promise<Config> {
  return { ...config, PORT: config.PORT || (await findFreePort(config.HOST)) }
}

async function run(settings: Config, prepare?: (newsroom: Newsroom) => Promise<void>): Promise<undefined> {
  const config = await withPort(settings)
  const newsroom = await openNewsroom(config)
  // Pictures of the demo are drawn on threads: meanwhile routes are built here.
  const gate = makeGate()
  const [app] = await Promise.all([build(newsroom, gate), prepare?.(newsroom)])
  await warnOfClock(newsroom, app)
  await app.listen({ host: config.HOST, port: config.PORT })
  startShedding(gate, app.log)
  const stopClock = startClock({
    db: newsroom.db,
    now: Date.now,
    onFired: ({ failed, ...fired }) => {
      app.log.info(fired, 'the clock showed what was due')
      for (const { id, error } of failed)
        app.log.error({ article: id, err: loggable(error) }, 'what was due could not be shown')
    },
    onError: error => app.log.error({ err: loggable(error) }, 'the clock could not be looked at'),
  })
  // One process purges for all, and one makes the public originals that earlier versions left to make.
  const stopPurge = cluster.isPrimary
    ? startPurgeOf(newsroom, error => app.log.error({ err: loggable(error) }, 'the purge failed'))
    : undefined
  const stopMaking = cluster.isPrimary
    ? startMakingBareOf(newsroom, (level, facts, message) => app.log[level](facts, message))
    : undefined
  const skip = cluster.isWorker ? (['SIGTERM', 'SIGINT'] as const) : []
  const { close } = closeWithGrace(
    { delay: stopMilliseconds, logger: false, skip: [...skip] },
    async ({ err }) => {
      if (err) app.log.fatal({ err }, 'stopping after an error')
      else app.log.info('stopping')
      await Promise.all([app.close(), stopClock(), stopPurge?.(), stopMaking?.()])
      await newsroom.close()
    },
  )
  if (cluster.isWorker) onStop(close)
  else announce(config)
}

async function build({ config, db, files }: Newsroom, gate: Gate): Promise<App> {
  const limiter =
    config.RATE_LIMIT === undefined ? undefined : makeLimiter(config.RATE_LIMIT, Date.now, cluster.isWorker)
  if (limiter && cluster.isWorker) shareCounts(limiter)
  const app = await buildApp({
    db,
    files,
    config,
    publicUrl: publicUrlOf(config),
    version: await readVersion(),
    now: Date.now,
    limiter,
    gate,
    logger: {
      level: config.LOG_LEVEL,
      serializers: logSerializers,
      ...(process.stdout.isTTY
        ? {
            transport: {
              target: 'pino-pretty',
              options: { translateTime: 'HH:MM:ss', ignore: 'pid,hostname' },
            },
          }
        : {}),
    },
  })
  await app.ready()
  return app
}

/** Warns in the log when the last commit is far ahead of the clock: one of the two clocks was wrong. */
async function warnOfClock({ db }: Newsroom, app: App): Promise<void> {
  const { at } = await db.primary.headNow()
  const ahead = aheadOfClock({ at }, Date.now())
  if (ahead > 0)
    app.log.warn(
      { lastCommit: new Date(at).toISOString(), aheadMs: ahead },
      'the last commit is ahead of the clock: set the clock, or see "A clock that was wrong" in the README',
    )
}

/** Tells a person where to go on; a log collector gets one line of JSON. */
function announce(config: Config): void {
  const address = `http://${hostOf(config.HOST)}:${config.PORT}`
  const lines = [
    '',
    `  Dateline       ${address}`,
    `  Swagger UI     ${address}/docs`,
    `  Today's news   ${address}/v1/today`,
    '  A key to write with:',
    '    npm run --silent dateline -- keys create --name me --scopes newsroom',
    '',
  ]
  console.log(lines.join('\n'))
}

function findFreePort(host: string): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port: 0 }, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
