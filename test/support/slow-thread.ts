import { serveThread } from '../../src/thread.ts'

/** A thread for tests: each job takes as many milliseconds as it says, or all the memory, and answers its name. */
serveThread<{ name: string; takes: number; isGreedy?: boolean }, string>(({ name, takes, isGreedy }) => {
  const held: number[][] = []
  while (isGreedy) held.push(Array.from({ length: 1_000_000 }, (_, i) => i + 0.5))
  const end = performance.now() + takes
  while (performance.now() < end);
  return name
})
