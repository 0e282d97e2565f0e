import { Agent } from 'node:http'
import { type Slice, stayAwake } from './load.ts'
import { send } from './send.ts'

let made = 0
const body = `<p>${'Harbour officials said on Friday that the ferry would sail again. '.repeat(12)}</p>`

/**
 * Creates articles with a section and three tags and publishes each, on `clients` connections for `milliseconds`: both
 * have to be acknowledged before a client goes on, and the two count as one.
 */
export async function loadWrites(
  port: number,
  key: string,
  clients: number,
  milliseconds: number,
): Promise<Slice> {
  const slice: Slice = { answers: 0, seconds: 0, wrong: [], latencies: [] }
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const authorization = `Bearer ${key}`
  const sleep = stayAwake()
  const started = performance.now()
  const until = started + milliseconds
  const path = '/v1/editorial/articles'

  async function drive(): Promise<void> {
    while (performance.now() < until) {
      const sent = performance.now()
      const n = made++
      const created = await send(
        agent,
        port,
        'POST',
        path,
        { authorization },
        {
          headline: `The ferry sails again, says the harbour, time ${process.pid} ${n}`,
          language: 'en',
          summary: 'The ferry between the two towns has been idle since the storm of last week.',
          section: `section-${n % 8}`,
          tags: [`topic-${n % 200}`, `topic-${(n + 67) % 200}`, `topic-${(n + 134) % 200}`],
          body,
        },
      )
      const published = await send(
        agent,
        port,
        'POST',
        `${path}/${created.body.id}/publish`,
        { authorization, 'if-match': '*' },
        {},
      )
      if (created.status !== 201 || published.status !== 200 || published.body.version !== 1)
        slice.wrong.push(`${created.status} ${published.status} ${published.body.detail}`)
      slice.answers++
      slice.latencies.push(performance.now() - sent)
    }
  }

  await Promise.all(Array.from({ length: clients }, drive)).finally(sleep)
  agent.destroy()
  slice.seconds = (performance.now() - started) / 1000
  return slice
}
