import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { openNewsroom, readVersion } from './newsroom.ts'

export const openapiUsage = `Usage: npm run dateline -- openapi [--write]

Prints the OpenAPI document; with --write, writes it to openapi/openapi.json.`

/** `openapi`: the document as the schemas make it, from a service on an empty database. */
export async function openapi(args: string[]): Promise<undefined> {
  const { values } = parseArgs({ args, options: { write: { type: 'boolean' } } })
  const document = await makeOpenApi()
  if (values.write) await writeFile(join(import.meta.dirname, '../../openapi/openapi.json'), document)
  else process.stdout.write(document)
}

/** The text of the OpenAPI document. */
export async function makeOpenApi(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dateline-openapi-'))
  const newsroom = await openNewsroom(readConfig({ DATA_DIR: folder }))
  try {
    const { config, db, files } = newsroom
    const version = await readVersion()
    const app = await buildApp({
      db,
      files,
      config,
      publicUrl: 'http://127.0.0.1:3000',
      version,
      now: Date.now,
    })
    await app.ready()
    const document = app.swagger()
    await app.close()
    return `${JSON.stringify(document, null, 2)}\n`
  } finally {
    await newsroom.close()
    await rm(folder, { recursive: true })
  }
}
