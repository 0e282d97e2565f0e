import AjvCompiler from '@fastify/ajv-compiler'

type Factory = ReturnType<typeof AjvCompiler>
type Validator = ((data: unknown) => unknown) & { errors?: unknown }

const buildAll = AjvCompiler()

/** Validators that are compiled when they are first asked: a start has some hundred of them, and needs one. */
export const buildValidators: Factory = (externalSchemas, options) => {
  let compile: ((route: unknown) => Validator) | undefined
  const lazily = (route: unknown): Validator => {
    let own: Validator | undefined
    const validate: Validator = data => {
      compile ??= buildAll(externalSchemas, options) as unknown as (route: unknown) => Validator
      own ??= compile(route)
      const result = own(data)
      validate.errors = own.errors
      return result
    }
    return validate
  }
  return lazily as unknown as ReturnType<Factory>
}
