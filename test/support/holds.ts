import type { Test } from 'tap'
import { fireDue } from '../../src/features/desk/clock.ts'
import { type Json, openNewsroom, type Reply } from './newsroom.ts'
import { takeItems } from './wire.ts'

export const minute = 60_000

/** The item that tests take back: usable, version 1. */
export const story = {
  uri: 'urn:x:1',
  version: '1',
  type: 'text',
  language: 'en',
  versioncreated: '2024-07-12T02:21:00Z',
  headline: 'H',
  body_html: '<p>one</p>',
}
export const withheld = { ...story, version: '2', headline: 'W', pubstatus: 'withheld' }

/** A newsroom with its desk, its wire and the clock. */
export async function openHolds(t: Test) {
  const newsroom = await openNewsroom(t, { now: Date.parse('2024-07-12T06:00:00Z') })
  const { key, clock, db } = newsroom
  const articles = '/v1/editorial/articles'
  const read = async (id: string): Promise<Json> => (await newsroom.get(`${articles}/${id}`, { key })).body
  return {
    ...newsroom,
    iso: (ahead = 0) => new Date(clock.now + ahead).toISOString(),
    take: (...items: readonly object[]) => takeItems(newsroom, items),
    read,
    /** The one working copy there is. */
    async copy(): Promise<Json> {
      const [first] = (await newsroom.get(articles, { key })).body.data
      return first && read(first.id)
    },
    /** A move that has to be made. */
    async move(id: string, name: string, body: object = {}): Promise<Json> {
      return must(await newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body }))
    },
    tryMove: (id: string, name: string, body: object = {}) =>
      newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body }),
    async edit(id: string, body: object): Promise<Json> {
      return must(await newsroom.request('PATCH', `${articles}/${id}`, { key, match: '*', body }))
    },
    /** Moves the clock and does all that is due. */
    async wait(milliseconds: number) {
      clock.now += milliseconds
      return fireDue(db, clock.now)
    },
    /** The article's rows of the change log, as actions. */
    async actions(id: string): Promise<string[]> {
      const { data } = (await newsroom.get('/v1/changes?limit=100')).body
      return data.filter((row: Json) => row.subject.id === id).map((row: Json) => row.action)
    },
    async audit(id: string): Promise<Json[]> {
      return (await newsroom.get(`${articles}/${id}/audit?limit=100`, { key })).body.data
    },
    /** All that tells a reader, or a key with `articles:embargoed`, of a change; the answers for slugs too. */
    async traces(slugs: readonly string[] = []): Promise<unknown> {
      const entitled = await newsroom.makeKey(['articles:embargoed'])
      const seen: unknown[] = []
      const lists = ['/v1/articles', '/v1/today', '/v1/changes', '/v1/tags']
      for (const url of [...lists, ...slugs.map(slug => `/v1/articles/${slug}`)]) {
        const answer = await newsroom.get(url)
        seen.push([url, answer.status, answer.headers.location, answer.headers.etag, answer.text])
        if (url === '/v1/articles') seen.push((await newsroom.get(url, { key: entitled })).headers.etag)
      }
      return seen
    },
  }
}
export type Holds = Awaited<ReturnType<typeof openHolds>>

function must({ status, text, body }: Reply): Json {
  if (status >= 300) throw new Error(text)
  return body
}
