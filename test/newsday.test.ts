import fc from 'fast-check'
import t from 'tap'
import { asOfLabel, findTimeZone, newsDayOf, newsDayWindow } from '../src/features/today/newsday.ts'
import { formatInstant, parseDate, parseInstant } from '../src/instant.ts'

const hour = 3_600_000
const hoursOf = (date: string, zone: string) => {
  const { from, to } = newsDayWindow(date, zone)
  return (to - from) / hour
}
const ruleOf = (parsed: unknown) => (parsed as { rule: string }).rule

t.test('an instant with any offset is the same moment', async t => {
  const moment = Date.UTC(2024, 6, 12, 2, 21)
  for (const text of [
    '2024-07-12T02:21:00Z',
    '2024-07-12t02:21:00z',
    '2024-07-12T05:21:00+03:00',
    '2024-07-11T21:51:00-04:30',
    '2024-07-12T02:21:00-00:00',
    '2024-07-12T02:21:00.0Z',
  ]) {
    t.equal(parseInstant(text), moment, text)
  }
})

t.test('a fraction is kept to the millisecond', async t => {
  t.equal(parseInstant('1970-01-01T00:00:00.5Z'), 500)
  t.equal(parseInstant('1970-01-01T00:00:00.001999999Z'), 1)
  t.match(parseInstant('1970-01-01T00:00:00.1234567890Z'), { rule: /RFC 3339/ })
})

t.test('a year below 100 is that year', async t => {
  t.equal(formatInstant(parseInstant('0044-03-15T12:00:00Z') as number), '0044-03-15T12:00:00.000Z')
})

t.test('what is not in the calendar or on the clock is refused in words', async t => {
  for (const text of [
    '2024-02-30T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+03:60',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00Z',
    '2024-01-01 00:00:00Z',
    '2024-01-01',
    '24-01-01T00:00:00Z',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00+0300',
    ' 2024-01-01T00:00:00Z',
    '2024-01-01T00:00:00Z\n',
    '٢٠٢٤-01-01T00:00:00Z',
    '0000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '',
  ]) {
    t.type(ruleOf(parseInstant(text)), 'string', JSON.stringify(text))
  }
})

t.test('a space where the + of the offset stood tells the caller to write %2B', async t => {
  t.match(ruleOf(parseInstant('2024-07-12T05:21:00 03:00')), /%2B/)
  t.match(ruleOf(parseInstant('2024-07-12T05:21:00.5 03:00')), /%2B/)
  t.notMatch(ruleOf(parseInstant('2024-07-12 05:21:00Z')), /%2B/)
})

t.test('every instant written is read back', async t => {
  const instants = fc.date({
    min: new Date('0001-01-03T00:00:00Z'),
    max: new Date('9999-12-28T23:59:59.999Z'),
    noInvalidDate: true,
  })
  t.doesNotThrow(() =>
    fc.assert(fc.property(instants, date => parseInstant(formatInstant(date.getTime())) === date.getTime())),
  )
})

t.test('a date is a day of the calendar', async t => {
  t.equal(parseDate('2024-02-29'), '2024-02-29')
  for (const text of ['2023-02-29', '2024-7-12', '2024-07-12T00:00:00Z', '20240712', '']) {
    t.type(ruleOf(parseDate(text)), 'string', text)
  }
})

t.test('a time zone is a name of the IANA list, given back in its own spelling', async t => {
  t.equal(findTimeZone('europe/SOFIA'), 'Europe/Sofia')
  t.equal(findTimeZone('utc'), 'UTC')
  t.equal(findTimeZone('asia/kolkata'), 'Asia/Kolkata')
  t.equal(findTimeZone('Etc/GMT+3'), 'Etc/GMT+3')
  for (const name of [
    '+03:00',
    '-0300',
    '03:00',
    'Europe/Nowhere',
    'EEST',
    '',
    'Europe/Sofia[u-ca=x]',
    'x'.repeat(500),
  ]) {
    t.equal(findTimeZone(name), undefined, name)
  }
})

t.test('half past midnight in Sofia is already the next news day, in UTC it is not', async t => {
  const at = Date.UTC(2024, 6, 11, 22, 30)
  t.equal(newsDayOf(at, 'Europe/Sofia'), '2024-07-12')
  t.equal(newsDayOf(at, 'UTC'), '2024-07-11')
})

t.test('a news day starts at midnight of its zone and ends where the next begins', async t => {
  const { from, to } = newsDayWindow('2024-07-12', 'Europe/Sofia')
  t.equal(formatInstant(from), '2024-07-11T21:00:00.000Z')
  t.equal(formatInstant(to), '2024-07-12T21:00:00.000Z')
  t.equal(newsDayOf(from, 'Europe/Sofia'), '2024-07-12')
  t.equal(newsDayOf(to - 1, 'Europe/Sofia'), '2024-07-12')
  t.equal(newsDayOf(to, 'Europe/Sofia'), '2024-07-13')
})

t.test('a news day has 23 or 25 hours when clocks change', async t => {
  t.equal(hoursOf('2026-03-29', 'Europe/Sofia'), 23)
  t.equal(hoursOf('2026-10-25', 'Europe/Sofia'), 25)
})

t.test('where midnight does not exist the day starts at the first moment that does', async t => {
  const { from } = newsDayWindow('2018-11-04', 'America/Sao_Paulo')
  t.equal(formatInstant(from), '2018-11-04T03:00:00.000Z')
  t.equal(hoursOf('2018-11-04', 'America/Sao_Paulo'), 23)
  t.equal(newsDayOf(from - 1, 'America/Sao_Paulo'), '2018-11-03')
})

t.test('a day that a zone skipped is an empty window', async t => {
  t.equal(hoursOf('2011-12-30', 'Pacific/Apia'), 0)
  const { from } = newsDayWindow('2011-12-30', 'Pacific/Apia')
  t.equal(newsDayOf(from - 1, 'Pacific/Apia'), '2011-12-29')
  t.equal(newsDayOf(from, 'Pacific/Apia'), '2011-12-31')
})

t.test('a day goes on when its first minutes are shown twice', async t => {
  t.equal(newsDayOf(Date.UTC(2006, 9, 29, 2, 31, 30), 'America/St_Johns'), '2006-10-29')
  t.equal(hoursOf('2006-10-29', 'America/St_Johns'), 25)
})

t.test('every moment is in the window of its own news day', async t => {
  const zones = [
    'Europe/Sofia',
    'America/St_Johns',
    'Pacific/Apia',
    'America/Sao_Paulo',
    'Pacific/Kiritimati',
  ]
  const moments = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2040, 0, 1) })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(moments, fc.constantFrom(...zones), (at, zone) => {
        const { from, to } = newsDayWindow(newsDayOf(at, zone), zone)
        return from <= at && at < to
      }),
    ),
  )
})

t.test('the as-of line reads as the agency prints it', async t => {
  const at = Date.UTC(2024, 6, 12, 2, 21, 59, 999)
  t.equal(asOfLabel(at, 'Europe/Sofia', 'en'), 'By 05:21 on 12.07.2024')
  t.equal(asOfLabel(at, 'Europe/Sofia', 'de'), 'By 05:21 on 12.07.2024')
  t.equal(asOfLabel(at, 'Europe/Sofia', 'bg'), 'Към 05:21 на 12.07.2024')
  t.equal(asOfLabel(at, 'Europe/Sofia', 'bg-BG'), 'Към 05:21 на 12.07.2024')
  t.equal(asOfLabel(at, 'UTC', 'bgn'), 'By 02:21 on 12.07.2024')
})
