/** The measure of all: a bare Fastify route that gives a ready buffer, of the size in its path. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'

const app = Fastify({ logger: false })
const buffers = new Map<string, Buffer>()
app.get('/:size', (request, reply) => {
  const { size } = request.params as { size: string }
  let buffer = buffers.get(size)
  if (!buffer) {
    buffer = Buffer.alloc(Number(size), 'x')
    buffers.set(size, buffer)
  }
  return reply.type('application/json').send(buffer)
})
await app.listen({ host: '127.0.0.1', port: 0 })
console.log(`port ${(app.server.address() as AddressInfo).port}`)
