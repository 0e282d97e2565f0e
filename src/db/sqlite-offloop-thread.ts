import { parentPort, workerData } from 'node:worker_threads'
import { connect } from './sqlite-connect.ts'

// The thread of sqlite-offloop.ts: one read-only connection, one statement at a time.
const connection = connect((workerData as { file: string }).file, true)

parentPort?.on('message', ({ statement, params }: { statement: string; params: unknown[] }) => {
  try {
    const rows = connection
      .prepare(statement)
      .raw()
      .all(...params)
    parentPort?.postMessage({ rows })
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) })
  }
})

// Its start is no part of any statement's time.
parentPort?.postMessage('ready')
