import { DomainError } from '../../errors.ts'

export type Turns = {
  /** How much may be in work at once; each work has a share of it. */
  atOnce: number
  /** Most uploads that may wait to be read; twice as many may wait to be rendered. */
  mostWaiting: number
  /** How long one may wait, in milliseconds. */
  waitMs: number
}

type Waiting = { share: number; go(): void }

/**
 * Bounds the work at once, and the wait for it: past either limit `takeTurn` throws 503 `busy`. `render` goes before
 * `read`: that picture was admitted earlier.
 */
export function makeTurns({ atOnce, mostWaiting, waitMs }: Turns) {
  let inWork = 0
  const waiting: Waiting[] = []

  function admit(): void {
    for (let first = waiting[0]; first && inWork + first.share <= atOnce; first = waiting[0]) {
      waiting.shift()
      inWork += first.share
      first.go()
    }
  }

  function wait(stage: 'read' | 'render', share: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        share,
        go() {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(one), 1)
        reject(busy())
        // Smaller work behind it may fit now.
        admit()
      }, waitMs)
      if (stage === 'read') waiting.push(one)
      else waiting.unshift(one)
      admit()
    })
  }

  return async function takeTurn<T>(
    stage: 'read' | 'render',
    share: number,
    work: () => Promise<T>,
  ): Promise<T> {
    if (waiting.length >= (stage === 'read' ? mostWaiting : 2 * mostWaiting)) throw busy()
    await wait(stage, share)
    try {
      return await work()
    } finally {
      inWork -= share
      admit()
    }
  }
}

function busy(): DomainError {
  return new DomainError('busy', 'Too many pictures are being read at once.', {
    headers: { 'retry-after': '5' },
  })
}
