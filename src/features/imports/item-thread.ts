import { serveThread } from '../../thread.ts'
import { type ItemRead, type Reading, readItem } from './read-item.ts'

// The thread of read-ahead.ts.
serveThread<Reading[], ItemRead[]>(readings => readings.map(readItem))
