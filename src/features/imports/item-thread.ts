import { serveThread } from '../../thread.ts'
import { type ItemRead, readItem } from './read-item.ts'

// The thread of read-ahead.ts.
serveThread<unknown[], ItemRead[]>(values => values.map(readItem))
