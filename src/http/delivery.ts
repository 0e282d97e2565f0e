import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db, EmbargoReader, Head, LiveReader, Source } from '../db/db.ts'
import { DomainError, type ProblemParts } from '../errors.ts'
import { isSamePlace, type LogPlace } from '../log-place.ts'
import { type Answer, headersOf, tagHeaders } from './answer.ts'
import { hasScope } from './auth.ts'
import { type CacheSettings, cacheControl } from './caching.ts'
import { isKnownTo, listedTag } from './conditional.ts'
import { codingOf } from './negotiation.ts'
import { sendProblem } from './problem.ts'
import { type Entry, packEntry, type ResponseCache } from './response-cache.ts'
import { followTouched, type ReadTouched } from './touched.ts'

/** Who reads: what the audience may see decides the answer, so it is part of the ETag. */
export type Audience = { subscribers: boolean; embargoed: boolean }

/**
 * What an answer is made of: whom it is for, the live tables to read, what is under embargo where they may see that,
 * and the head of the label it will get.
 */
export type Reading = {
  audience: Audience
  live: LiveReader
  embargo: EmbargoReader | undefined
  head: Head
  isReplica: boolean
}
type Compute = (reading: Reading) => Promise<Answer>

/** What is to be made: for whom, of which normal form, how, and in which form of bytes; and where it is kept. */
export type Wanted = {
  key: string
  audience: Audience
  form: string
  compute: Compute
  until: number | undefined
  serialize: (body: unknown) => string
}
type Outcome = { settled: boolean; isHit?: boolean } & (
  | { entry: Entry }
  | { location: string; headers: Record<string, string> }
  | Withdrawn
)

/** An answer, and whether it was ready. */
type Obtained = { entry: Entry; isHit: boolean }

/** A commit of the log; with the embargo's number and mark for readers with `articles:embargoed`. */
type State = LogPlace & Partial<Head>

/** What is being made, and of which state of the log. */
type InFlight = { readonly head: Head; readonly done: Promise<Outcome> }

export type DeliveryOptions = {
  db: Db
  cache: CacheSettings
  responses: ResponseCache
  readTouched: ReadTouched
  /** All that shapes an answer besides the data: the build and the public settings. */
  identity: string
  now: () => number
}

export type Delivery = ReturnType<typeof makeDelivery>

const attempts = 3

/** Answers reads: conditional, labelled by the sequence the data was read at, with the caching the audience may have. */
export function makeDelivery({ db, cache, responses, readTouched, identity, now }: DeliveryOptions) {
  const stands = followTouched(readTouched)
  const inFlight = new Map<string, InFlight>()
  const label = hash('sha256', identity, 'base64url').slice(0, 12)

  /** The weak ETag of a form of answer at a head; known before any query. */
  function etagOf(head: State, audience: Audience, form: string): string {
    const embargo = audience.embargoed ? `${head.embargoSeq}.${head.embargoMark}` : ''
    const who = `${audience.subscribers ? 's' : 'p'}${embargo}`
    const text = `${head.epoch} ${head.seq}.${head.mark} ${label} ${who} ${form}`
    return `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`
  }

  /**
   * Sends what `compute` makes of the request's normal form: ready bytes where what is cached is an answer to the log's
   * present state. If the log moves while the data is read, it is read again; an answer that never stood still is sent without a
   * label. `until` is an instant past which no cache may keep it, in epoch milliseconds. `compute` is kept for the next
   * who asks for the address: what it holds of the request may be its parameters, and nothing else.
   */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    form: string,
    compute: Compute,
    until?: number,
  ): Promise<FastifyReply> {
    const audience: Audience = {
      subscribers: hasScope(request, 'articles:subscribers'),
      embargoed: hasScope(request, 'articles:embargoed'),
    }
    const condition = request.headers['if-none-match']
    const caching = request.key ? 'private, no-store' : cacheControl(cache, until, now())
    const started = performance.now()
    const key = `${audience.subscribers ? 's' : 'p'}${until ?? ''} ${form}`
    const wanted: Wanted = { key, audience, form, compute, until, serialize: serializerOf(reply) }
    const outcome = await db.read(request.key ? 'primary' : 'anywhere', async source => {
      const head = await source.head()
      if (condition !== undefined) {
        const etag = etagOf(head, audience, form)
        if (listedTag(condition, etag)) return { known: etag }
      }
      return obtain(source, head, wanted)
    })
    if ('known' in outcome) return notModified(reply, outcome.known, caching)

    const took = `db;dur=${(performance.now() - started).toFixed(2)}`
    reply.headers({
      'cache-control': outcome.settled ? caching : 'no-store',
      'server-timing': outcome.isHit ? 'cache;desc=hit' : took,
    })
    if ('problem' in outcome) {
      const { detail, parts, tags } = outcome.problem
      const headers = { 'cache-control': outcome.settled ? caching : 'no-store', ...tagHeaders(tags) }
      return sendProblem(request, reply, 'withdrawn', detail, { ...parts, headers })
    }
    // No ETag on a 301 or 410: conditions are only for what would be a 200 (RFC 9110 13.2.1).
    if ('location' in outcome)
      return reply
        .code(301)
        .headers({ ...outcome.headers, location: outcome.location + queryOf(request.raw.url ?? '') })
        .send()
    const { entry, settled } = outcome
    if (settled && !request.key) responses.remember(request.raw.url ?? '', wanted)
    if (settled && condition !== undefined && isKnownTo(condition, entry.etag))
      return notModified(reply, entry.etag, caching)
    if (settled) reply.header('etag', entry.etag)
    return sendEntry(request, reply, entry)
  }

  /** What is wanted: ready where it is kept, else made, and kept. */
  async function obtain(source: Source, head: Head, wanted: Wanted): Promise<Outcome> {
    // What is under embargo is in no log, which is what the cache goes by.
    if (!responses.isOn || wanted.audience.embargoed) return settle(source, head, wanted)
    return shareOne(wanted.key, source, head, async from => {
      const outcome = await settle(source, from, wanted)
      if ('entry' in outcome && outcome.settled) responses.put(wanted.key, outcome.entry)
      return outcome
    })
  }

  /** What is kept under a key, where it is an answer to this state of the log, if made at an earlier one. */
  async function keptAt(source: Source, head: Head, key: string): Promise<Entry | undefined> {
    const entry = responses.kept(key)
    return entry && (await stands(entry, head, source)) ? entry : undefined
  }

  /**
   * Obtains again what an address is known to ask for, or only looks whether it is kept; undefined where that has become
   * no plain answer, or is not.
   */
  async function obtainAgain(wanted: Wanted, isToBeMade: boolean): Promise<Obtained | undefined> {
    const outcome = await db.read('anywhere', async source => {
      const head = await source.head()
      if (isToBeMade) return obtain(source, head, wanted)
      const entry = await keptAt(source, head, wanted.key)
      return entry && { entry, settled: true, isHit: true }
    })
    if (!outcome || !('entry' in outcome) || !outcome.settled) return undefined
    return { entry: outcome.entry, isHit: outcome.isHit === true }
  }

  /**
   * Makes what several ask for at once only once: what comes of it, an error too, is for all who asked while the log
   * stood as it stands. One made of a state that is past is nobody else's, and of those who waited one makes the next;
   * a log that never rests keeps nobody waiting for more than three of them.
   */
  async function shareOne(
    key: string,
    source: Source,
    first: Head,
    make: (head: Head) => Promise<Outcome>,
  ): Promise<Outcome> {
    let head = first
    for (let turn = 1; turn <= attempts; turn++) {
      const entry = await keptAt(source, head, key)
      if (entry) return { entry, settled: true, isHit: true }
      const going = inFlight.get(key)
      if (!going) break
      const [result] = await Promise.allSettled([going.done])
      const now = await source.headNow()
      const stood = isSamePlace(now, going.head)
      if (stood && result.status === 'rejected') throw result.reason
      if (stood && result.status === 'fulfilled' && result.value.settled) return result.value
      head = now
    }
    const own = { head, done: make(head) }
    inFlight.set(key, own)
    try {
      return await own.done
    } finally {
      if (inFlight.get(key) === own) inFlight.delete(key)
    }
  }

  /** Reads until the log stands still under it, three times at most. */
  async function settle(source: Source, first: Head, wanted: Wanted): Promise<Outcome> {
    const { live, isReplica } = source
    const { audience, form, compute, until, serialize } = wanted
    const embargo = audience.embargoed ? source.embargo : undefined
    let head = first
    for (let attempt = 1; ; attempt++) {
      const result = await computeOrWithdrawn(compute, { audience, live, embargo, head, isReplica })
      const after = await source.headNow()
      const stood = !audience.embargoed || isSameEmbargo(after, head)
      const settled = stood && isSamePlace(after, head)
      if (!settled && attempt < attempts) {
        head = after
        continue
      }
      if ('problem' in result) return { ...result, settled }
      const headers = headersOf(result)
      if (result.location !== undefined) return { location: result.location, headers, settled }
      const entry: Entry = {
        epoch: head.epoch,
        seq: head.seq,
        mark: head.mark,
        tags: [...result.tags, ...(result.also ?? [])],
        etag: etagOf(head, audience, form),
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
        until,
        body: result.bytes ?? Buffer.from(serialize(result.body)),
        packed: new Map(),
        packing: new Map(),
      }
      return { entry, settled }
    }
  }

  return {
    answer,
    obtainAgain,
    /** Whether an If-None-Match names what is wanted as it is at a state of the log, whoever made it. */
    isLabelOf: (condition: string, state: State, { audience, form }: Wanted) =>
      listedTag(condition, etagOf(state, audience, form)),
  }
}

const isSameEmbargo = (a: Head, b: Head) => a.embargoSeq === b.embargoSeq && a.embargoMark === b.embargoMark

type Withdrawn = { problem: { detail: string; parts: ProblemParts; tags: readonly string[] } }

/** Computes an answer. A tombstone (410) is an outcome, not an error: caches keep it like other answers. */
async function computeOrWithdrawn(compute: Compute, reading: Reading): Promise<Answer | Withdrawn> {
  try {
    return await compute(reading)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'withdrawn') throw error
    return { problem: { detail: error.message, parts: error.parts, tags: error.parts.tags ?? [] } }
  }
}

const queryOf = (address: string) => (address.includes('?') ? address.slice(address.indexOf('?')) : '')

/** How the route at hand writes what it answers. */
function serializerOf(reply: FastifyReply): (body: unknown) => string {
  const serialize = reply.getSerializationFunction('200') as ((body: unknown) => string) | undefined
  return serialize ?? JSON.stringify
}

async function sendEntry(request: FastifyRequest, reply: FastifyReply, entry: Entry): Promise<FastifyReply> {
  const coding = await packEntry(entry, codingOf(request.headers['accept-encoding'] as string | undefined))
  if (coding) reply.header('content-encoding', coding)
  return reply.headers(entry.headers).send(coding ? entry.packed.get(coding) : entry.body)
}

function notModified(reply: FastifyReply, etag: string, caching: string): FastifyReply {
  return reply.code(304).headers({ etag, 'cache-control': caching }).send()
}
