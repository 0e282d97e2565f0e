import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Adds a hook that has nothing to wait for, and refuses by throwing: an async one costs each request a promise. */
export function addCheck(
  app: FastifyInstance,
  hook: 'onRequest' | 'preValidation',
  check: (request: FastifyRequest, reply: FastifyReply) => void,
): void {
  app.addHook(hook as 'onRequest', (request, reply, done) => {
    try {
      check(request, reply)
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  })
}
