/** What is wrong with a text, in words that follow the name of the field it stood in. */
export type BrokenRule = { rule: string }

const instantPattern =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
// A query decodes `+` as a space, so an offset looks like this when the caller forgets to encode the plus.
const lostPlusPattern = /^[\d-]{1,12}[Tt][\d:.]{1,24} \d{2}:\d{2}$/
/** The most characters that a date-time may have. Longer text meets no pattern. */
export const longestInstant = 40
export const longestDate = 10
const minute = 60_000

/** Milliseconds of midnight UTC on a date, or undefined when the calendar has no such date. */
function midnightOf(year: number, month: number, dayOfMonth: number): number | undefined {
  // Date.UTC() takes the years 0 to 99 for 1900 to 1999; setUTCFullYear() does not.
  const at = new Date(0).setUTCFullYear(year, month - 1, dayOfMonth)
  const back = new Date(at)
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === dayOfMonth ? at : undefined
}

function midnightOfDate(date: string): number | undefined {
  return midnightOf(Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8, 10)))
}

// A day's room at either end: in every zone the news day of what is taken lies within the years 1 to 9999, and so
// do that day's neighbours.
const earliest = midnightOf(1, 1, 3) as number
const latest = (midnightOf(9999, 12, 29) as number) - 1
export const instantRange = 'from 0001-01-03 to 9999-12-28 in UTC'

/** Whether an instant is one that can be stored and given again. */
export function isInRange(at: number): boolean {
  return at >= earliest && at <= latest
}

/**
 * Milliseconds since the epoch of a strict RFC 3339 date-time with any offset, or the rule it breaks. Digits after
 * the millisecond are cut off; a leap second (`:60`) is refused, as no store here could give it back.
 */
export function parseInstant(text: string): number | BrokenRule {
  if (text.length > longestInstant) return { rule: `must have at most ${longestInstant} characters` }
  const match = instantPattern.exec(text)
  if (match === null) {
    return lostPlusPattern.test(text)
      ? { rule: 'has a space where the + of the offset stood: in a query write %2B for +' }
      : { rule: 'must be an RFC 3339 date-time with an offset, such as 2024-07-12T05:21:00+03:00' }
  }
  const [, date = '', hours, minutes, seconds, fraction = '', sign, offsetHours = 0, offsetMinutes = 0] =
    match
  const midnight = midnightOfDate(date)
  if (midnight === undefined) return { rule: `names a date that is not in the calendar: ${date}` }
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return { rule: 'must have a time of day between 00:00:00 and 23:59:59' }
  }
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) {
    return { rule: 'must have an offset between -23:59 and +23:59' }
  }
  const wall =
    midnight +
    Number(hours) * 60 * minute +
    Number(minutes) * minute +
    Number(seconds) * 1000 +
    Number(fraction.padEnd(3, '0').slice(0, 3))
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * minute
  const at = sign === '-' ? wall + offset : wall - offset
  if (!isInRange(at)) return { rule: `must be ${instantRange}` }
  return at
}

/** What was formatted last: an article has the same instant several times over. */
let last = { ms: Number.NaN, text: '' }

/** An instant (ms) as every answer has it: UTC to the millisecond, `2024-07-12T02:21:00.000Z`. */
export function formatInstant(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
  return last.text
}

/** The same text when it is a calendar date `YYYY-MM-DD`, or the rule it breaks. */
export function parseDate(text: string): string | BrokenRule {
  if (text.length > longestDate) return { rule: `must have at most ${longestDate} characters` }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return { rule: 'must be a date such as 2024-07-12' }
  if (midnightOfDate(text) === undefined) return { rule: `is not a date in the calendar: ${text}` }
  return text < '0001-01-02' || text > '9999-12-29' ? { rule: 'must be from 0001-01-02 to 9999-12-29' } : text
}

/** The instant of a text that its schema has already checked, in epoch milliseconds. Throws RangeError otherwise. */
export function readInstant(text: string): number {
  const parsed = parseInstant(text)
  if (typeof parsed !== 'number') throw new RangeError(`${text} ${parsed.rule}`)
  return parsed
}
