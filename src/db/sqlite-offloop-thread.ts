import { workerData } from 'node:worker_threads'
import { serveThread } from '../thread.ts'
import { connect } from './sqlite-connect.ts'
import type { Statement } from './sqlite-offloop.ts'

// The thread of sqlite-offloop.ts: one read-only connection, one statement at a time.
const connection = connect((workerData as { file: string }).file, true)

serveThread<Statement, unknown[][]>(
  ({ text, params }) =>
    connection
      .prepare(text)
      .raw()
      .all(...params) as unknown[][],
)
