import { serveThread } from '../../src/thread.ts'

/** A thread for tests: each job takes as many milliseconds as it says, and answers its name. */
serveThread<{ name: string; takes: number }, string>(({ name, takes }) => {
  const end = performance.now() + takes
  while (performance.now() < end);
  return name
})
