/**
 * A commit of the log. `mark` is random, one for each commit: a log that was restored from a backup and has grown again
 * has another mark at the same number. 0 stands for the empty log, and for commits older than marks.
 */
export type LogPlace = { epoch: string; seq: number; mark: number }

/** Whether two places of logs are the same commit. */
export function isSamePlace(a: LogPlace, b: LogPlace): boolean {
  return a.seq === b.seq && a.mark === b.mark && a.epoch === b.epoch
}

/** Some changes: the last of them, the mark of each by its sequence number, and the cache tags that they touch. */
export type Touched = {
  last: LogPlace
  marks: readonly (readonly [seq: number, mark: number])[]
  tags: Iterable<string>
}
