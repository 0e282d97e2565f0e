import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db, EmbargoReader, Head, LiveReader, Source } from '../db/db.ts'
import { DomainError, type ProblemParts } from '../errors.ts'
import { hasScope } from './auth.ts'
import { listedTag } from './conditional.ts'
import type { Page } from './paging.ts'
import { sendProblem } from './problem.ts'

/** What is answered, and what caches are told of it. */
export type Answer = {
  body?: unknown
  /** Where to look instead: the answer is then a 301. */
  location?: string
  /** Cache tags, by which a CDN purges exactly. */
  tags: readonly string[]
  language?: string
  /** Epoch milliseconds. */
  lastModified?: number
  /** Values of the Link header. */
  links?: readonly string[]
}

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

export type CacheSettings = { maxAge: number; sharedMaxAge: number; revalidate: number; ifError: number }

export type DeliveryOptions = {
  db: Db
  /** The caching of public answers, in seconds. */
  cache: CacheSettings
  /** All that shapes an answer besides the data: the build and the public settings. */
  identity: string
  now: () => number
}

export type Delivery = ReturnType<typeof makeDelivery>

const attempts = 3

/** Answers reads: conditional, labelled by the sequence the data was read at, with the caching the audience may have. */
export function makeDelivery({ db, cache, identity, now }: DeliveryOptions) {
  const label = createHash('sha256').update(identity).digest('base64url').slice(0, 12)

  /** The weak ETag of a form of answer at a head; known before any query. */
  function etagOf(head: Head, audience: Audience, form: string): string {
    const who = `${audience.subscribers ? 's' : 'p'}${audience.embargoed ? head.embargoSeq : ''}`
    const text = `${head.epoch} ${head.seq} ${label} ${who} ${form}`
    return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  }

  /**
   * Sends what `compute` makes of the request's normal form. If the log moves while the data is read, it is read
   * again; an answer that never stood still is sent without a label.
   * `until` is an instant past which no cache may keep it, in epoch milliseconds.
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
    const found = await db.read(request.key ? 'primary' : 'anywhere', source =>
      settle(source, audience, form, condition, compute),
    )
    const { etag, result } = found
    if (result === 'known') return notModified(reply, etag, caching)

    reply.header('server-timing', `db;dur=${(performance.now() - started).toFixed(2)}`)
    // No ETag on a 301 or 410: conditions are only for what would be a 200 (RFC 9110 13.2.1).
    const labelled = found.settled && !('problem' in result) && result.location === undefined
    const headers = { ...(labelled ? { etag } : {}), 'cache-control': found.settled ? caching : 'no-store' }
    if ('problem' in result) {
      const { detail, parts, tags } = result.problem
      const all = { ...headers, ...tagHeaders(tags) }
      return sendProblem(request, reply, 'withdrawn', detail, { ...parts, headers: all })
    }
    if (labelled && condition?.trim() === '*') return notModified(reply, etag, caching)
    return send(reply.headers(headers), result)
  }

  type Found = { etag: string; settled: boolean; result: Answer | Withdrawn | 'known' }

  /** Reads until the log stands still under it, three times at most; a listed tag that matches costs no query. */
  async function settle(
    source: Source,
    audience: Audience,
    form: string,
    condition: string | undefined,
    compute: Compute,
  ): Promise<Found> {
    const { live, isReplica } = source
    const embargo = audience.embargoed ? source.embargo : undefined
    let head = await source.head()
    for (let attempt = 1; ; attempt++) {
      const etag = etagOf(head, audience, form)
      if (attempt === 1 && listedTag(condition, etag)) return { etag, settled: true, result: 'known' }
      const result = await computeOrWithdrawn(compute, { audience, live, embargo, head, isReplica })
      const after = await source.headNow()
      const stood = !audience.embargoed || after.embargoSeq === head.embargoSeq
      const settled = stood && after.seq === head.seq && after.epoch === head.epoch
      if (settled || attempt === attempts) return { etag, settled, result }
      head = after
    }
  }

  return { answer }
}

type ListBody = { data: readonly unknown[]; page: Page; meta: unknown }

/** A list, with its next page in the Link header too (RFC 8288); `languages` are those it was filtered by. */
export function listAnswer(
  publicUrl: string,
  body: ListBody,
  tags: readonly string[],
  languages: readonly string[] = [],
): Answer {
  const [language] = languages
  return {
    body,
    tags,
    ...(body.page.next ? { links: [`<${publicUrl}${body.page.next}>; rel="next"`] } : {}),
    ...(language !== undefined && languages.length === 1 ? { language } : {}),
  }
}

type Withdrawn = { problem: { detail: string; parts: ProblemParts; tags: readonly string[] } }

/** A tombstone is an answer as good as any: labelled and cached alike. */
async function computeOrWithdrawn(compute: Compute, reading: Reading): Promise<Answer | Withdrawn> {
  try {
    return await compute(reading)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'withdrawn') throw error
    const { id } = (error.parts.extra?.tombstone ?? {}) as { id?: string }
    return { problem: { detail: error.message, parts: error.parts, tags: id ? [`article-${id}`] : [] } }
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.headers(tagHeaders(answer.tags))
  if (answer.language) reply.header('content-language', answer.language)
  if (answer.lastModified !== undefined)
    reply.header('last-modified', new Date(answer.lastModified).toUTCString())
  if (answer.links && answer.links.length > 0) reply.header('link', answer.links.join(', '))
  if (answer.location) return reply.code(301).header('location', answer.location).send()
  return reply.send(answer.body)
}

function notModified(reply: FastifyReply, etag: string, caching: string): FastifyReply {
  return reply.code(304).headers({ etag, 'cache-control': caching }).send()
}

/** Fastly reads Surrogate-Key (spaces), Cloudflare and others Cache-Tag (commas). */
function tagHeaders(tags: readonly string[]): Record<string, string> {
  const some = [...new Set(tags)]
  return some.length === 0 ? {} : { 'cache-tag': some.join(','), 'surrogate-key': some.join(' ') }
}

/** Cache-Control of a public answer; with `until`, no lifetime in it reaches past that instant. */
export function cacheControl(cache: CacheSettings, until: number | undefined, at: number): string {
  const left = until === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor((until - at) / 1000))
  const shared = Math.min(cache.sharedMaxAge, left)
  const longest = Math.max(shared, Math.min(cache.maxAge, left))
  const parts = [
    'public',
    `max-age=${Math.min(cache.maxAge, left)}`,
    `s-maxage=${shared}`,
    `stale-while-revalidate=${Math.min(cache.revalidate, left - longest)}`,
    `stale-if-error=${Math.min(cache.ifError, left - longest)}`,
  ]
  return parts.join(', ')
}
