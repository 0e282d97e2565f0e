import { Agent, request } from 'node:http'
import type { Slice } from './load.ts'

/** Sends JSON on a connection that is kept, and gives what is answered. */
function post(
  agent: Agent,
  port: number,
  path: string,
  headers: Record<string, string>,
  body: object,
): Promise<{ status: number; body: { id: string; version?: number; detail?: string } }> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      },
      reply => {
        const chunks: Buffer[] = []
        reply.on('data', chunk => chunks.push(chunk))
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}

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
  const started = performance.now()
  const until = started + milliseconds
  const path = '/v1/editorial/articles'

  async function drive(): Promise<void> {
    while (performance.now() < until) {
      const sent = performance.now()
      const n = made++
      const created = await post(
        agent,
        port,
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
      const published = await post(
        agent,
        port,
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

  await Promise.all(Array.from({ length: clients }, drive))
  agent.destroy()
  slice.seconds = (performance.now() - started) / 1000
  return slice
}
