/** What became of one item, or of one thing in it. */
export type Outcome =
  | 'imported'
  | 'updated'
  | 'withdrawn'
  | 'held'
  | 'unchanged'
  | 'workingCopy'
  | 'skipped'
  | 'refused'
  | 'unreadable'

/** One line of the report; `rule` says why, `item` is its place in the file. */
export type Entry = { file: string; item?: number; uri?: string; outcome: Outcome; rule?: string }

/** What became of an item, and how many media and tags were made for it. */
export type Result = Pick<Entry, 'outcome' | 'rule'> & { media?: number; tags?: number }

export type Report = Record<Outcome, number> & { media: number; tags: number; remarks: number }

export function emptyReport(): Report {
  return {
    imported: 0,
    updated: 0,
    withdrawn: 0,
    held: 0,
    unchanged: 0,
    workingCopy: 0,
    skipped: 0,
    refused: 0,
    unreadable: 0,
    media: 0,
    tags: 0,
    remarks: 0,
  }
}

export const isTaken = (outcome: Outcome) => outcome === 'imported' || outcome === 'updated'

/** Why an item was passed over: a rule of the import, or a fault in the item. */
export class Passed extends Error {
  readonly outcome: 'skipped' | 'refused' | 'unchanged'

  constructor(outcome: 'skipped' | 'refused' | 'unchanged', rule: string) {
    super(rule)
    this.outcome = outcome
  }
}
