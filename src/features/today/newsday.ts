import { LRUCache } from 'lru-cache'
import { Temporal } from 'temporal-polyfill'

/** A news day as instants in ms: `from` is in it, `to` is not. */
export type NewsDayWindow = { from: number; to: number }

const zones = new LRUCache<string, { name: string | undefined }>({ max: 1000 })
// A window costs some 30 microseconds in the polyfill, a known one two; a page asks for few, often.
const windows = new LRUCache<string, NewsDayWindow>({ max: 5000 })
const dayMs = 86_400_000

/** The IANA name in its own spelling (`europe/sofia` is `Europe/Sofia`); undefined for offsets and unknown names. */
export function findTimeZone(name: string): string | undefined {
  // Temporal takes "+03:00" for a time zone too; a news day needs a place, whose clocks change.
  if (!/^[a-z][a-z0-9_+/-]{1,63}$/i.test(name)) return undefined
  const known = zones.get(name)
  if (known) return known.name
  const found = { name: readTimeZone(name) }
  zones.set(name, found)
  return found.name
}

function readTimeZone(name: string): string | undefined {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * The [start, end) of a calendar day (`YYYY-MM-DD`) in an IANA time zone: 23 or 25 hours when clocks change. Where
 * midnight does not exist the day starts at the first moment that does; a day the zone skipped (Pacific/Apia
 * 2011-12-30) is an empty window, so that windows always tile time. Throws RangeError for a bad date or zone.
 */
export function newsDayWindow(date: string, timeZone: string): NewsDayWindow {
  const key = `${date} ${timeZone}`
  const known = windows.get(key)
  if (known) return known
  const day = Temporal.PlainDate.from(date)
  const window = Object.freeze({ from: startOf(day, timeZone), to: startOf(day.add({ days: 1 }), timeZone) })
  windows.set(key, window)
  return window
}

function startOf(day: Temporal.PlainDate, timeZone: string): number {
  return day.toZonedDateTime(timeZone).epochMilliseconds
}

/**
 * The date (`YYYY-MM-DD`) of the news day an instant (ms) falls in: the one whose window holds it. Where clocks put back
 * across midnight show yesterday's date again (America/St_Johns did until 2011), the day that began goes on.
 */
export function newsDayOf(instantMs: number, timeZone: string): string {
  // Found by known windows, from the UTC date a day this way or that, with no clock of the zone to be asked.
  let near = instantMs
  for (;;) {
    const date = utcDateOf(near)
    const window = newsDayWindow(date, timeZone)
    if (instantMs < window.from) near -= dayMs
    else if (instantMs >= window.to) near += dayMs
    else return date
  }
}

function utcDateOf(ms: number): string {
  const text = new Date(ms).toISOString()
  return text.slice(0, text.indexOf('T'))
}

function wallClock(instantMs: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone)
}

/** The as-of line, as the agency prints it: `By 05:21 on 12.07.2024`; in Bulgarian `Към 05:21 на 12.07.2024`. */
export function asOfLabel(asOfMs: number, timeZone: string, language: string): string {
  const wall = wallClock(asOfMs, timeZone)
  const time = `${two(wall.hour)}:${two(wall.minute)}`
  const date = `${two(wall.day)}.${two(wall.month)}.${String(wall.year).padStart(4, '0')}`
  return /^bg(?:-|$)/i.test(language) ? `Към ${time} на ${date}` : `By ${time} on ${date}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
