import { setTimeout as delay } from 'node:timers/promises'
import compress from '@fastify/compress'
import proxyAddr from '@fastify/proxy-addr'
import Fastify, { type FastifyBaseLogger, type FastifyServerOptions } from 'fastify'
import type { Config } from './config.ts'
import type { Db } from './db/db.ts'
import { articleRoutes } from './features/articles/articles.routes.ts'
import { articleSchemas } from './features/articles/articles.schema.ts'
import { auditRoutes } from './features/audit/audit.routes.ts'
import { auditSchemas } from './features/audit/audit.schema.ts'
import { changeRoutes } from './features/changes/changes.routes.ts'
import { changeSchemas } from './features/changes/changes.schema.ts'
import { listTouched } from './features/changes/touched.ts'
import { deskRoutes } from './features/desk/desk.routes.ts'
import { deskSchemas } from './features/desk/desk.schema.ts'
import { moveRoutes } from './features/desk/moves.routes.ts'
import { moveSchemas } from './features/desk/moves.schema.ts'
import { previewRoutes } from './features/desk/preview.routes.ts'
import { previewSchemas } from './features/desk/preview.schema.ts'
import { versionRoutes } from './features/desk/versions.routes.ts'
import { versionSchemas } from './features/desk/versions.schema.ts'
import { keyRoutes } from './features/keys/keys.routes.ts'
import { keySchemas } from './features/keys/keys.schema.ts'
import { findKey } from './features/keys/keys.ts'
import { editorialMediaRoutes } from './features/media/editorial-media.routes.ts'
import type { FileStore } from './features/media/files.ts'
import { mediaRoutes } from './features/media/media.routes.ts'
import { mediaSchemas } from './features/media/media.schema.ts'
import { editorialTagRoutes } from './features/tags/editorial-tags.routes.ts'
import { tagRoutes } from './features/tags/tags.routes.ts'
import { tagSchemas } from './features/tags/tags.schema.ts'
import { todayRoutes } from './features/today/today.routes.ts'
import { todaySchemas } from './features/today/today.schema.ts'
import type { App } from './http/app-type.ts'
import { addAuth, addScopes } from './http/auth.ts'
import { watchAnswers } from './http/connections.ts'
import { makeDelivery } from './http/delivery.ts'
import { addEdge, addSharing, isDelivery, publicHeaders } from './http/edge.ts'
import { addFraming } from './http/framing.ts'
import { makeFront } from './http/front.ts'
import { addGrammar } from './http/grammar.ts'
import { healthRoutes } from './http/health.ts'
import { homeRoutes } from './http/home.ts'
import { addJsonBodies } from './http/json-body.ts'
import { addRateLimit, type Limiter } from './http/limits.ts'
import { collectMethods } from './http/methods.ts'
import { addNegotiation } from './http/negotiation.ts'
import { addDocs, addOpenApi } from './http/openapi.ts'
import { problemRoutes, setProblemHandlers } from './http/problem.ts'
import { makeResponseCache } from './http/response-cache.ts'
import { PageSchema, ProblemSchema } from './http/schema.ts'
import { serverOptions } from './http/server.ts'
import { addShedding, type Gate } from './http/shedding.ts'

export type AppDeps = {
  db: Db
  files: FileStore
  config: Config
  /** The address readers use, without a slash at the end. */
  publicUrl: string
  version: string
  /** The clock, in epoch milliseconds. */
  now: () => number
  /** Counts what each caller asks; undefined for no limit. */
  limiter?: Limiter | undefined
  /** Refuses requests while the process is overloaded; undefined for never. */
  gate?: Gate | undefined
  logger?: FastifyServerOptions['logger'] | FastifyBaseLogger
}

const schemas = [
  ProblemSchema,
  PageSchema,
  ...tagSchemas,
  ...mediaSchemas,
  ...articleSchemas,
  ...todaySchemas,
  ...changeSchemas,
  ...deskSchemas,
  ...moveSchemas,
  ...versionSchemas,
  ...previewSchemas,
  ...auditSchemas,
  ...keySchemas,
]

/** How long a stop still takes what comes, so that callers learn of it from `/health/ready` first. */
const lastCallMs = 250

/** The whole service, ready to listen: every hook and every route, in the order a request meets them. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const { db, files, config, publicUrl, version, now } = deps
  const front = makeFront()
  const options = serverOptions(config.TRUST_PROXY, deps.logger)
  const app = Fastify({ ...options, serverFactory: front.serverFactory }) as unknown as App

  const settings = {
    publicUrl,
    articleUrl: config.ARTICLE_URL,
    language: config.LANGUAGE,
    timeZone: config.TIME_ZONE,
  }
  const identity = JSON.stringify([version, settings])
  const responses = makeResponseCache(config.RESPONSE_CACHE)
  const delivery = makeDelivery({
    db,
    cache: config.CACHE_SECONDS,
    responses,
    readTouched: listTouched,
    identity,
    now,
  })
  const { limiter } = deps
  const trusts = config.TRUST_PROXY.length === 0 ? undefined : proxyAddr.compile([...config.TRUST_PROXY])

  setProblemHandlers(app)
  const methods = collectMethods(app)
  watchAnswers(app)
  await addOpenApi(app, version, publicUrl)
  // Delivery packs what it keeps, once; the plugin packs the rest as it goes out.
  app.addHook('onRoute', route => {
    if (isDelivery(route.url)) Object.assign(route, { compress: false, decompress: false })
  })
  await app.register(compress, { global: true, threshold: 1024, encodings: ['zstd', 'br', 'gzip'] })
  addJsonBodies(app)
  for (const schema of schemas) app.addSchema(schema)

  const secure = publicUrl.startsWith('https:')
  addEdge(app, { editorialOrigins: config.EDITORIAL_ORIGINS, secure })
  if (deps.gate) addShedding(app, deps.gate, responses.isKept)
  addAuth(app, token => findKey(db.desk, token, now()))
  addRateLimit(app, limiter, trusts)
  addScopes(app)
  addFraming(app)
  addSharing(app)
  methods.refuseUnknown()
  addNegotiation(app)
  addGrammar(app)

  todayRoutes(app, { delivery, settings, now })
  articleRoutes(app, { delivery, settings })
  tagRoutes(app, { delivery, publicUrl, language: config.LANGUAGE })
  mediaRoutes(app, { db, delivery, files, publicUrl, language: config.LANGUAGE })
  changeRoutes(app, { delivery, publicUrl })

  deskRoutes(app, { db, publicUrl, review: config.REVIEW })
  moveRoutes(app, { db, review: config.REVIEW })
  versionRoutes(app, { db })
  previewRoutes(app, { db, files, settings, now })
  auditRoutes(app, { db })
  editorialTagRoutes(app, { db, publicUrl })
  const { LANGUAGE: language, UPLOAD_LIMIT: uploadLimit } = config
  await app.register(editorialMediaRoutes, { db, files, publicUrl, language, uploadLimit })
  keyRoutes(app, { db })

  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
    front.close()
    // What has been sent and not yet been read is in flight too: a connection closed now would be reset under it.
    if (!app.server.listening) return
    await delay(lastCallMs)
    // Node closes idle connections once; one that becomes idle later would hold the stop for as long as it is kept.
    const closing = setInterval(() => app.server.closeIdleConnections(), 100)
    app.server.once('close', () => clearInterval(closing))
  })
  healthRoutes(app, { db, files, now, isStopping: () => stopping })
  homeRoutes(app)
  problemRoutes(app)
  await addDocs(app)
  methods.complete()
  front.open({
    db,
    cache: responses,
    delivery,
    caching: config.CACHE_SECONDS,
    limiter,
    gate: deps.gate,
    headers: Object.entries({
      ...publicHeaders({ secure }),
      ...(limiter ? { 'ratelimit-policy': limiter.policy } : {}),
    }).flat(),
    trusts,
    log: app.log,
    isLogged: ['info', 'debug', 'trace'].includes(app.log.level),
    now,
  })
  return app
}
