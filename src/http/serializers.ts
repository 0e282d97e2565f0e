import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { ProblemSchema } from './schema.ts'

type Factory = ReturnType<typeof SerializerSelector>

const buildOne = SerializerSelector()
const problem = `${ProblemSchema.$id}#`

/**
 * Serialisers by the named schema they are of, each compiled once, when it is first needed. Fastify would make one for
 * every status of every route: 1.2 s of a start, most of it for problems, which `sendProblem` writes itself.
 */
export const buildSerializers: Factory = (externalSchemas, options) => {
  const compile = buildOne(externalSchemas, options)
  const known = new Map<string, ReturnType<typeof compile>>()
  return route => {
    const { $ref } = route.schema as { $ref?: string }
    if ($ref === problem) return JSON.stringify
    let own: ReturnType<typeof compile> | undefined
    return body => {
      own ??= ($ref === undefined ? undefined : known.get($ref)) ?? compile(route)
      if ($ref !== undefined) known.set($ref, own)
      return own(body)
    }
  }
}
