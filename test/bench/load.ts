import { connect, type Socket } from 'node:net'

/** One request as it goes over the wire, and what its answer has to be. */
export type Ask = { bytes: Buffer; status: number; length: number; etag?: string }
/** Answers of a slice: how many, in how long, and each one's milliseconds. */
export type Slice = { answers: number; seconds: number; wrong: string[]; latencies: number[] }

/** A GET as a client keeps sending it on one connection. */
export function getOf(path: string, headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench.example\r\n${lines.join('')}\r\n`)
}

const headEnd = Buffer.from('\r\n\r\n')

/**
 * Keeps this core from sleeping until what it gives is called. On a virtual machine the server pays for waking it, and only
 * where the load waits for it: never where the yardstick is measured.
 */
export function stayAwake(): () => void {
  let isAsleep = false
  const turn = () => {
    if (!isAsleep) setImmediate(turn)
  }
  turn()
  return () => {
    isAsleep = true
  }
}

/**
 * Asks in turn on `clients` connections for `milliseconds`, each sending its next request when it has the answer of the
 * last. Every answer is checked for its status, its length and its label.
 */
export async function load(
  port: number,
  asks: readonly Ask[],
  clients: number,
  milliseconds: number,
): Promise<Slice> {
  const slice: Slice = { answers: 0, seconds: 0, wrong: [], latencies: [] }
  const sleep = stayAwake()
  const started = performance.now()
  const until = started + milliseconds
  let turn = 0

  function drive(socket: Socket, done: () => void): void {
    let ask = asks[0] as Ask
    let sent = 0
    let pending: Buffer[] = []
    let missing = 0

    function send(): void {
      if (performance.now() >= until) {
        socket.end()
        done()
        return
      }
      ask = asks[turn++ % asks.length] as Ask
      sent = performance.now()
      socket.write(ask.bytes)
    }

    function finish(): void {
      slice.answers++
      slice.latencies.push(performance.now() - sent)
      send()
    }

    function readHead(): void {
      const all = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending)
      const end = all.indexOf(headEnd)
      if (end < 0) {
        pending = [all]
        return
      }
      const head = all.toString('latin1', 0, end)
      pending = []
      const status = Number(head.slice(9, 12))
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const etag = /\r\netag: (.*)/i.exec(head)?.[1]
      if (status !== ask.status || length !== ask.length || (ask.etag !== undefined && etag !== ask.etag)) {
        if (slice.wrong.length < 10)
          slice.wrong.push(`${head.slice(0, 300)}, not ${ask.status} ${ask.length} ${ask.etag}`)
      }
      missing = (status === 304 ? 0 : length) - (all.length - end - 4)
      if (missing <= 0) finish()
    }

    socket.on('data', chunk => {
      if (missing > 0) {
        missing -= chunk.length
        if (missing <= 0) finish()
        return
      }
      pending.push(chunk)
      readHead()
    })
    send()
  }

  await Promise.all(
    Array.from(
      { length: clients },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ port, host: '127.0.0.1', noDelay: true })
          socket.once('connect', () => drive(socket, resolve))
          socket.once('error', reject)
        }),
    ),
  ).finally(sleep)
  slice.seconds = (performance.now() - started) / 1000
  return slice
}

/** Asks once, and gives what every further answer has to be. */
export async function probe(port: number, path: string, headers: Record<string, string> = {}): Promise<Ask> {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { 'accept-encoding': 'identity', ...headers },
  })
  if (!reply.ok && reply.status !== 304) throw new Error(`${path} was answered with ${reply.status}`)
  const bytes = Buffer.from(await reply.arrayBuffer())
  const etag = reply.headers.get('etag')
  return {
    bytes: getOf(path, headers),
    status: reply.status,
    length: bytes.length,
    ...(etag === null ? {} : { etag }),
  }
}
