import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyServerFactory } from 'fastify'
import type { Db, Head } from '../db/db.ts'
import { type CacheSettings, cacheControl } from './caching.ts'
import { addressOf, callerAt, type Trusts } from './caller.ts'
import { isKnownTo } from './conditional.ts'
import { connectionOptions, noteAnswer } from './connections.ts'
import type { Delivery, Wanted } from './delivery.ts'
import { wellFormedId } from './edge.ts'
import { hostRule, noteWaiting } from './framing.ts'
import type { Limiter } from './limits.ts'
import { acceptsJson, codingOf } from './negotiation.ts'
import {
  type Coding,
  type Entry,
  type Form,
  isSmall,
  packEntry,
  packedAs,
  type Ready,
  type ResponseCache,
} from './response-cache.ts'
import type { Gate } from './shedding.ts'

export type FrontDeps = {
  db: Db
  cache: ResponseCache
  delivery: Delivery
  caching: CacheSettings
  limiter: Limiter | undefined
  gate: Gate | undefined
  /** Headers that every public answer has, names and values in turn. */
  headers: readonly string[]
  /** Whether an address is that of a proxy whose X-Forwarded-For is believed; undefined where none is. */
  trusts: Trusts | undefined
  log: FastifyBaseLogger
  /** Whether the log has a line for each answer. */
  isLogged: boolean
  now: () => number
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Answers a public GET whose exact URL was asked before: from the cache where its answer is valid for the log's present
 * state, else computed anew. Everything else goes to the routes. A hit costs one look at the log for a whole turn of the
 * event loop, and after a change one look at what the change touched. It validates, serialises and hashes nothing, but
 * for a condition that it does not know.
 */
export function makeFront() {
  let deps: FrontDeps | undefined

  /** Makes the servers whose requests come by here first. */
  const serverFactory: FastifyServerFactory = (handler, options) => {
    const { http, keepAliveTimeout, requestTimeout, connectionTimeout } = options as {
      http?: object
      keepAliveTimeout: number
      requestTimeout: number
      connectionTimeout: number
    }
    const routes = handler as Handler
    const server: Server = createServer({ ...http, ...connectionOptions }, (request, response) => {
      try {
        if (deps && answer(deps, request, response, routes)) return
      } catch (error) {
        recover(error, deps, request, response, routes)
        return
      }
      routes(request, response)
    })
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      noteWaiting(request)
      routes(request, response)
    })
    // The routes refuse an expectation that is unknown, with a problem.
    server.on('checkExpectation', routes)
    server.keepAliveTimeout = keepAliveTimeout
    server.requestTimeout = requestTimeout
    server.setTimeout(connectionTimeout)
    return server
  }

  return {
    serverFactory,
    /** Starts answering. */
    open(given: FrontDeps): void {
      deps = given
    },
    /** Leaves all to the routes from now on. */
    close(): void {
      deps = undefined
    },
  }
}

/** An error here must not reach the reader: the routes answer, unless an answer has begun. */
function recover(
  error: unknown,
  deps: FrontDeps | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  routes: Handler,
): void {
  deps?.log.error({ err: error }, 'the front failed')
  if (response.headersSent) response.destroy()
  else routes(request, response)
}

/** Answers, now or as soon as it can; false where it is for the routes. */
function answer(
  deps: FrontDeps,
  request: IncomingMessage,
  response: ServerResponse,
  routes: Handler,
): boolean {
  const { db, cache, delivery, limiter, gate, now } = deps
  if (request.method !== 'GET') return false
  const wanted = cache.wantedAt(request.url ?? '')
  if (!wanted || !isPlain(request)) return false
  // Near its end the lifetimes change with every second: the route says them.
  if (wanted.until !== undefined && now() >= wanted.until - longestLifetime(deps) * 1000) return false
  // An answer that is kept is made again once for all who wait, so it is never refused. The routes may refuse any other.
  if (gate?.isClosing('read') && !cache.kept(wanted.key)) return false
  // Count before computing. If the routes answer after all, they reuse this count.
  const counted = limiter?.count(callerAt(addressOf(request, deps.trusts)))
  if (counted && counted.left < 0) {
    limiter?.noteCounted(request, counted)
    return false
  }
  const head = db.head()
  const entry = head instanceof Promise ? undefined : cache.find(wanted.key, head)
  if (entry && !isOfAnother(delivery, request, wanted, entry)) {
    const coding = packedAs(entry, codingOf(request.headers['accept-encoding']))
    if (coding !== false) {
      send(deps, request, response, { entry, coding, isHit: true })
      return true
    }
  }
  noteAnswer(request.socket, response)
  if (counted) limiter?.noteCounted(request, counted)
  makeAnswer(deps, request, response, wanted, head)
    .then(isAnswered => {
      if (!isAnswered) routes(request, response)
    })
    .catch(error => recover(error, deps, request, response, routes))
  return true
}

/** Whether a request asks for nothing that only the routes know: no key, no body, and JSON will do. */
function isPlain(request: IncomingMessage): boolean {
  const { headers } = request
  return (
    headers.authorization === undefined &&
    headers['x-api-key'] === undefined &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined &&
    acceptsJson(headers.accept) &&
    hostRule(request) === undefined
  )
}

/** Makes what is not ready, and answers with it; false where it is for the routes after all. */
async function makeAnswer(
  deps: FrontDeps,
  request: IncomingMessage,
  response: ServerResponse,
  wanted: Wanted,
  head: Head | Promise<Head>,
): Promise<boolean> {
  const { cache, delivery } = deps
  // Any failure, also of the database, is left to the routes, which send the proper problem.
  const known = await Promise.resolve(head).catch(() => undefined)
  if (!known) return false
  const kept = cache.find(wanted.key, known)
  // A condition may spare the making: the routes know.
  const isToBeMade = request.headers['if-none-match'] === undefined
  if (!isToBeMade && !cache.kept(wanted.key)) return false
  const obtained = kept
    ? { entry: kept, isHit: true }
    : await delivery.obtainAgain(wanted, isToBeMade).catch(() => undefined)
  if (!obtained) {
    // It is now a redirect, a 410 or an error: forget the URL, so that the next request goes straight to the routes.
    if (isToBeMade) cache.forget(request.url ?? '')
    return false
  }
  const { entry, isHit } = obtained
  if (isOfAnother(delivery, request, wanted, entry)) return false
  const coding = await packEntry(entry, codingOf(request.headers['accept-encoding']))
  send(deps, request, response, { entry, coding, isHit })
  return true
}

/** Whether If-None-Match holds the ETag that another process gave to this same answer; the routes then send 304. */
function isOfAnother(
  delivery: Delivery,
  { headers }: IncomingMessage,
  wanted: Wanted,
  entry: Entry,
): boolean {
  const condition = headers['if-none-match']
  return (
    condition !== undefined &&
    !isKnownTo(condition, entry.etag) &&
    delivery.isLabelOf(condition, entry, wanted)
  )
}

type Sent = { entry: Entry; coding: Coding | undefined; isHit: boolean }

/** Sends an answer that a shared cache may keep, so without the headers of one request: see `addSharing`. */
function send(
  deps: FrontDeps,
  request: IncomingMessage,
  response: ServerResponse,
  { entry, coding, isHit }: Sent,
): void {
  const { log, isLogged } = deps
  const { headers } = request
  const condition = headers['if-none-match']
  const isKnown = condition !== undefined && isKnownTo(condition, entry.etag)
  const { head, body } = readyOf(deps, entry, isKnown ? 'unchanged' : (coding ?? 'identity'))
  const status = isKnown ? 304 : 200
  response.writeHead(status, head as string[])
  response.end(body, 'latin1')
  if (isLogged) {
    const id = wellFormedId(headers['x-request-id']) ?? randomUUID()
    const [path] = (request.url ?? '').split('?', 1)
    const said = {
      reqId: id,
      method: 'GET',
      path,
      address: addressOf(request, deps.trusts),
      statusCode: status,
    }
    log.info(said, isHit ? 'answered from the cache' : 'answered in front of the routes')
  }
}

function longestLifetime({ caching }: FrontDeps): number {
  return Math.max(caching.maxAge, caching.sharedMaxAge) + Math.max(caching.revalidate, caching.ifError)
}

/** What of an answer is the same for every request. */
function readyOf({ caching, headers, now }: FrontDeps, entry: Entry, form: Form): Ready {
  entry.ready ??= new Map()
  const known = entry.ready.get(form)
  if (known) return known
  const head = [...headers, 'etag', entry.etag, 'cache-control', cacheControl(caching, entry.until, now())]
  let body: Ready['body'] = ''
  if (form !== 'unchanged') {
    const bytes = form === 'identity' ? entry.body : (entry.packed.get(form) as Buffer)
    for (const name in entry.headers) head.push(name, entry.headers[name] as string)
    if (form !== 'identity') head.push('content-encoding', form)
    head.push('content-length', String(bytes.length))
    body = isSmall(bytes) ? bytes.toString('latin1') : bytes
  }
  const ready = { head, body }
  entry.ready.set(form, ready)
  return ready
}
