import type { DomainError } from '../../errors.ts'

/** What became of one item; `refused` and `unreadable` are told of a picture within an item too, by its own uri. */
export type Outcome =
  | 'imported'
  | 'updated'
  | 'withdrawn'
  | 'unchanged'
  | 'workingCopy'
  | 'skipped'
  | 'refused'
  | 'unreadable'

/** One line of the report: `item` is its place in the file, `rule` says why, `remarks` what was left out or made up. */
export type Entry = {
  file: string
  item?: number
  uri?: string
  outcome: Outcome
  rule?: string
  remarks?: readonly string[]
}

/** Rows that an item brought beside its own. */
export type Made = { newMedia: number; updatedMedia: number; newTags: number }

export type Report = {
  imported: number
  updated: number
  withdrawn: number
  unchanged: number
  workingCopies: number
  skipped: number
  refused: number
  unreadable: number
  media: { new: number; updated: number }
  tags: { new: number }
}

export function emptyReport(): Report {
  return {
    imported: 0,
    updated: 0,
    withdrawn: 0,
    unchanged: 0,
    workingCopies: 0,
    skipped: 0,
    refused: 0,
    unreadable: 0,
    media: { new: 0, updated: 0 },
    tags: { new: 0 },
  }
}

/** Counts one entry, and what its item brought with it. */
export function count(report: Report, { outcome }: Entry, made?: Made): void {
  report[outcome === 'workingCopy' ? 'workingCopies' : outcome]++
  report.media.new += made?.newMedia ?? 0
  report.media.updated += made?.updatedMedia ?? 0
  report.tags.new += made?.newTags ?? 0
}

/** Ends the work on an item that a rule passes over. */
export class Passed extends Error {
  readonly outcome: 'skipped' | 'refused' | 'unchanged'

  constructor(outcome: 'skipped' | 'refused' | 'unchanged', rule = '') {
    super(rule)
    this.outcome = outcome
  }
}

/** A refusal of the domain as one line: each field, and the rule it breaks. */
export function ruleOf(error: DomainError): string {
  const { errors = [] } = error.parts
  if (errors.length === 0 || error.code === 'not-ready') return error.message
  const shown = errors.slice(0, 5).map(({ pointer, detail }) => {
    const field = pointer.slice(1)
    return error.code === 'active-content' ? `${field} holds ${detail}` : `${field} ${detail}`
  })
  if (errors.length > shown.length) shown.push(`and ${errors.length - shown.length} more`)
  return shown.join('; ')
}
