import { Agent, request } from 'node:http'

export type Answer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** As it came over the wire. */
  bytes: Buffer
}
export type Asking = {
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: object
  /** Whose connections are used; one of its own unless given. */
  agent?: Agent
}

/** Asks over a socket, where answers may come from in front of the routes, a worker or a cache. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body, agent = new Agent() }: Asking = {},
): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { agent, method, headers: { ...type, ...headers } }, reply => {
      const chunks: Buffer[] = []
      reply.on('data', chunk => chunks.push(chunk))
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, bytes: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
