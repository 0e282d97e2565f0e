import { Agent } from 'node:http'
import { quantile } from './compare.ts'
import { type Answered, send } from './send.ts'

/** What came of a mixed load: how many of each, what was wrong, and the milliseconds of each answer. */
export type Mixed = {
  reads: number
  publishes: number
  seconds: number
  wrong: string[]
  p50: number
  p99: number
}

const stories = 40
/** Of twenty doings of a client one is a publish. */
const each = 20
const editorial = '/v1/editorial/articles'

type Story = {
  id: string
  /** The version that was acknowledged last: no answer to what is asked from now on may be of one before. */
  acknowledged: number
  /** The headline of each version there is, or may be by now. */
  headlines: Map<number, string>
  isBusy: boolean
}

/**
 * Reads and publishes at 95 to 5 through all processes of a service at once, and checks each answer: it has at least the
 * version that was acknowledged when it was asked for, and the words of the version it has.
 */
export async function loadMixed(port: number, key: string, clients: number, ms: number): Promise<Mixed> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const keyed = { authorization: `Bearer ${key}`, 'if-match': '*' }
  const wrong: string[] = []
  const latencies: number[] = []
  const counts = { reads: 0, publishes: 0 }
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
    send(agent, port, method, path, headers, body)
  const told = (answer: Answered, status: number) => {
    if (answer.status !== status) wrong.push(`${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  async function make(n: number): Promise<Story> {
    const headline = `Story ${n}, version 1`
    const input = { headline, language: 'en', section: 'section-0', tags: ['topic-1'], body: '<p>Text.</p>' }
    const { id } = told(await ask('POST', editorial, keyed, input), 201) as { id: string }
    told(await ask('POST', `${editorial}/${id}/publish`, keyed, {}), 200)
    return { id, acknowledged: 1, headlines: new Map([[1, headline]]), isBusy: false }
  }
  const all = await Promise.all(Array.from({ length: stories }, (_, n) => make(n)))
  const byId = new Map(all.map(story => [story.id, story]))

  async function publish(story: Story): Promise<void> {
    story.isBusy = true
    const next = story.acknowledged + 1
    const headline = `${story.id}, version ${next}`
    story.headlines.set(next, headline)
    told(await ask('PATCH', `${editorial}/${story.id}`, keyed, { headline }), 200)
    const sent = performance.now()
    const answer = await ask('POST', `${editorial}/${story.id}/publish`, keyed, { kind: 'update' })
    latencies.push(performance.now() - sent)
    if ((told(answer, 200) as { version: number }).version !== next) wrong.push('a version was skipped')
    story.acknowledged = next
    story.isBusy = false
    counts.publishes++
  }

  type Item = { id: string; version: number; headline: string }
  function check(item: Item, least: number): void {
    const story = byId.get(item.id)
    if (!story) return
    if (item.version < least) wrong.push(`version ${item.version} after ${least} was acknowledged`)
    if (story.headlines.get(item.version) !== item.headline)
      wrong.push(`version ${item.version} with the words "${item.headline}"`)
  }

  async function read(n: number): Promise<void> {
    const floors = new Map(all.map(story => [story.id, story.acknowledged]))
    const story = all[n % stories] as Story
    const isList = n % 3 === 0
    const sent = performance.now()
    const answer = await ask(
      'GET',
      isList ? '/v1/articles?sort=-updatedAt&limit=50' : `/v1/articles/${story.id}`,
    )
    latencies.push(performance.now() - sent)
    const body = told(answer, 200) as unknown as Item & { data: Item[] }
    for (const item of isList ? body.data : [body]) check(item, floors.get(item.id) ?? 0)
    if (isList && all.some(({ id }) => !body.data.some(item => item.id === id)))
      wrong.push('a list lacks what was published last')
    counts.reads++
  }

  let turn = 0
  const started = performance.now()
  async function drive(): Promise<void> {
    while (performance.now() - started < ms && wrong.length === 0) {
      const n = turn++
      const free = n % each === 0 ? all.find(story => !story.isBusy) : undefined
      if (free) {
        // The next publish takes another story.
        all.push(...all.splice(all.indexOf(free), 1))
        await publish(free)
      } else await read(n)
    }
  }
  await Promise.all(Array.from({ length: clients }, drive))
  agent.destroy()
  const seconds = (performance.now() - started) / 1000
  return { ...counts, seconds, wrong, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}
