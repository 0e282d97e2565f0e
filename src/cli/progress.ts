import { clearLine, cursorTo } from 'node:readline'

/** A line on stderr that shows how far something is: a bar, and the words of `said`. */
export function startBar() {
  const width = 30
  let shownAt = 0
  return {
    /** `share` is from 0 to 1; drawn ten times a second at most. */
    step(share: number, said: string) {
      const at = performance.now()
      if (at - shownAt < 100) return
      shownAt = at
      const full = Math.round(Math.min(share, 1) * width)
      cursorTo(process.stderr, 0)
      const bar = `${'#'.repeat(full)}${' '.repeat(width - full)}`
      process.stderr.write(`[${bar}] ${Math.round(Math.min(share, 1) * 100)} %  ${said} `)
    },
    clear() {
      cursorTo(process.stderr, 0)
      clearLine(process.stderr, 0)
    },
  }
}
