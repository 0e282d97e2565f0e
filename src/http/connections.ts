import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type ProblemCode, problemOf } from '../errors.ts'
import { addCheck } from './check.ts'
import { problemBody, problemType } from './problem.ts'

/** Options of the server, in milliseconds. We answer a missing Host ourselves, so that the answer is a problem. */
export const connectionOptions = {
  /** A connection that sends nothing, or its headers slowly, is closed after this time. */
  headersTimeout: 20_000,
  connectionsCheckingInterval: 1000,
  requireHostHeader: false,
}

/** How long a broken connection stays open for its answers to be sent and read. */
const lingerMs = 1000

/** The responses of a socket that have begun and have not closed, and the newest of all. */
type Answers = { open: Set<ServerResponse>; newest: ServerResponse }
const answering = new WeakMap<Socket, Answers>()

/** Notes that an answer is being given on a socket, until it is done. */
export function noteAnswer(socket: Socket, response: ServerResponse): void {
  const answers = answering.get(socket) ?? { open: new Set(), newest: response }
  answering.set(socket, answers)
  answers.newest = response
  answers.open.add(response)
  response.once('close', () => answers.open.delete(response))
}

/** Notes each answer of the routes. */
export function watchAnswers(app: FastifyInstance): void {
  addCheck(app, 'onRequest', (request, reply) => noteAnswer(request.raw.socket, reply.raw))
}

/**
 * Whether a problem may be written on the socket: not inside another answer, and not after the answer to the request whose
 * body is broken.
 */
function mayAnswer(socket: Socket): boolean {
  const answers = answering.get(socket)
  if (!answers) return true
  const { open, newest } = answers
  const isInBody = newest.req?.complete === false
  if (!isInBody) return open.size === 0
  return open.size === 1 && open.has(newest) && !newest.headersSent
}

/** Ends a connection once the answers on it that have begun are sent, or a second has passed. */
function endAfterAnswers(socket: Socket): void {
  const open = answering.get(socket)?.open ?? new Set()
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
  const end = () => {
    if (open.size === 0) socket.destroySoon()
  }
  for (const response of open) response.once('close', end)
  end()
}

const codes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/**
 * Closes a connection that sent invalid HTTP or timed out. Sends a problem first if no other answer is being sent. The
 * socket is destroyed: a peer that never closes its side would otherwise keep it.
 */
export function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  if (!mayAnswer(socket)) {
    endAfterAnswers(socket)
    return
  }
  const code = codes[error.code ?? ''] ?? 'malformed-request'
  const requestId = randomUUID()
  const { status, title } = problemOf(code)
  const body = JSON.stringify(problemBody(code, `${title}.`, { instance: '/', requestId }))
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
  socket.once('end', () => socket.destroySoon())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  )
}
