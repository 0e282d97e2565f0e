import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { openDb } from '../../src/cli/newsroom.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Db } from '../../src/db/db.ts'
import { exportItems } from '../../src/features/exports/export.ts'
import { createKey } from '../../src/features/keys/keys.ts'
import { type FileStore, openLocalFiles } from '../../src/features/media/files.ts'
import type { App } from '../../src/http/app-type.ts'
import { makeLimiter } from '../../src/http/limits.ts'
import type { Gate } from '../../src/http/shedding.ts'
import { type Scope, scopes } from '../../src/words.ts'
import { storeOf } from './store.ts'

/** What the service says, whatever it is: tests assert on it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON that it is about to check
export type Json = any

export type Reply = {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  /** The parsed body of a JSON answer; undefined for others. */
  body: Json
  text: string
  bytes: Buffer
}

export type RequestOptions = {
  headers?: Record<string, string>
  body?: unknown
  /** A key to send; `newsroom.key` for every scope. */
  key?: string
  /** Sends If-Match with this revision, or this header as it stands. */
  match?: number | string
}

export type Newsroom = {
  app: App
  db: Db
  files: FileStore
  config: Config
  folder: string
  /** A key with every scope. */
  key: string
  /** The clock, in epoch milliseconds: a test owns it. */
  clock: { now: number }
  /** Statements run since it was last emptied. */
  statements: string[]
  /** The same with what was put into them. */
  calls: { text: string; params: readonly unknown[] }[]
  request(method: string, url: string, options?: RequestOptions): Promise<Reply>
  get(url: string, options?: RequestOptions): Promise<Reply>
  makeKey(scopes: readonly Scope[]): Promise<string>
}

export type NewsroomOptions = {
  /** Settings as in the environment. */
  settings?: Record<string, string>
  /** Where the clock starts; the machine's own time unless given. It stands still unless the test moves it. */
  now?: number
  /** Use the folder of an earlier newsroom. */
  folder?: string
  logger?: object
  /** Refuses requests under overload; none unless given. */
  gate?: Gate
}

/** A whole newsroom on a real store, in the test's own folder; closed when the test ends. */
export async function openNewsroom(t: Test, options: NewsroomOptions = {}): Promise<Newsroom> {
  const folder = options.folder ?? t.testdir()
  const config = readConfig({
    DATA_DIR: folder,
    ...(options.settings?.DATABASE_URL ? {} : await storeOf(folder)),
    TIME_ZONE: 'Europe/Sofia',
    RATE_LIMIT: 'off',
    ARTICLE_URL: 'https://site.example/{language}/{slug}',
    PUBLIC_URL: 'https://api.example',
    ...options.settings,
  })
  const clock = { now: options.now ?? Date.now() }
  const now = () => clock.now
  const statements: string[] = []
  const calls: Newsroom['calls'] = []
  const db = await openDb(config, now, (text, params) => {
    statements.push(text)
    calls.push({ text, params })
  })
  const files = await openLocalFiles(join(folder, 'media'), Date.now)
  const app = await buildApp({
    db,
    files,
    config,
    publicUrl: config.PUBLIC_URL ?? 'https://api.example',
    version: '0.0.0-test',
    now,
    limiter: config.RATE_LIMIT === undefined ? undefined : makeLimiter(config.RATE_LIMIT, now),
    gate: options.gate,
    ...(options.logger ? { logger: options.logger as never } : {}),
  })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await db.close()
  })
  const { token: key } = await createKey(db, { by: 'command' }, { name: 'test', scopes })

  async function request(
    method: string,
    url: string,
    { headers, body, key: sent, match }: RequestOptions = {},
  ) {
    const raw = typeof body === 'string' || Buffer.isBuffer(body)
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(sent === undefined ? {} : { authorization: `Bearer ${sent}` }),
        ...(match === undefined ? {} : { 'if-match': typeof match === 'number' ? `"${match}"` : match }),
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: raw ? (body as string) : JSON.stringify(body) }),
    })
    const packed = answer.headers['content-encoding'] !== undefined
    const isJson =
      !packed && /json/.test(String(answer.headers['content-type'] ?? '')) && answer.payload !== ''
    return {
      status: answer.statusCode,
      headers: answer.headers as Reply['headers'],
      body: isJson ? JSON.parse(answer.payload) : undefined,
      text: answer.payload,
      bytes: answer.rawPayload,
    }
  }

  return {
    app,
    db,
    files,
    config,
    folder,
    key,
    clock,
    statements,
    calls,
    request,
    get: (url, given) => request('GET', url, given),
    makeKey: async some => (await createKey(db, { by: 'command' }, { name: 'some', scopes: some })).token,
  }
}

/** Makes a tag through the API; a section unless said. Answers its slug. */
export async function makeTag(
  newsroom: Newsroom,
  slug: string,
  kind = 'section',
  more: object = {},
): Promise<string> {
  const body = { slug, kind, names: { en: slug }, ...more }
  const reply = await newsroom.request('POST', '/v1/editorial/tags', { key: newsroom.key, body })
  if (reply.status !== 201) throw new Error(reply.text)
  return slug
}

/** Makes a working copy through the API. Answers what the API did. */
export async function makeArticle(newsroom: Newsroom, fields: Record<string, unknown> = {}): Promise<Json> {
  const body = {
    headline: `Headline ${randomUUID()}`,
    language: 'en',
    body: '<p>Text.</p>',
    section: 'world',
    ...fields,
  }
  const reply = await newsroom.request('POST', '/v1/editorial/articles', { key: newsroom.key, body })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply.body
}

/** Makes an article and publishes it. Answers the working copy after the publish. */
export async function publishNew(
  newsroom: Newsroom,
  fields: Record<string, unknown> = {},
  publish: object = {},
): Promise<Json> {
  const { id, revision } = await makeArticle(newsroom, fields)
  const reply = await newsroom.request('POST', `/v1/editorial/articles/${id}/publish`, {
    key: newsroom.key,
    match: revision,
    body: publish,
  })
  if (reply.status !== 200) throw new Error(reply.text)
  return reply.body
}

/** What an export has of the newsroom: every item, as it stands in the file. */
export async function exportAll({ db, config }: Newsroom, subscribers = true): Promise<Json[]> {
  const settings = {
    publicUrl: config.PUBLIC_URL ?? 'https://api.example',
    articleUrl: config.ARTICLE_URL,
    language: config.LANGUAGE,
    subscribers,
  }
  return db.snapshot(async live => {
    const items: Json[] = []
    for await (const { articles, withdrawn } of exportItems(live, settings))
      for (const item of [...articles, ...withdrawn]) items.push(JSON.parse(JSON.stringify(item)))
    return items
  })
}

/** A multipart form of a file and words, with its Content-Type. */
export function makeForm(
  file: Buffer | undefined,
  words: Record<string, string> = {},
  name = 'picture.jpg',
): { body: Buffer; headers: Record<string, string> } {
  const boundary = `----${randomUUID()}`
  const parts: (string | Buffer)[] = []
  for (const [field, value] of Object.entries(words)) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`)
  }
  if (file) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n`)
    parts.push('Content-Type: image/jpeg\r\n\r\n', file, '\r\n')
  }
  parts.push(`--${boundary}--\r\n`)
  return {
    body: Buffer.concat(parts.map(part => Buffer.from(part as string))),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}
