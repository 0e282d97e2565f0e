/** Serves an empty newsroom in a folder, with short times, and prints its address: for a process with few descriptors. */
import { buildApp } from '../../src/app.ts'
import { openDb } from '../../src/cli/newsroom.ts'
import { readConfig } from '../../src/config.ts'
import { openLocalFiles } from '../../src/features/media/files.ts'

const [folder = ''] = process.argv.slice(2)
const config = readConfig({ DATA_DIR: folder })
const db = await openDb(config, Date.now)
const files = await openLocalFiles(`${folder}/media`, Date.now)
const publicUrl = 'http://127.0.0.1'
const app = await buildApp({ db, files, config, publicUrl, version: '0.0.0-test', now: Date.now })
app.server.headersTimeout = 1000
app.server.requestTimeout = 1000
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
