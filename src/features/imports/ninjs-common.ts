import {
  conceptOf,
  everyOf,
  type Fields,
  ItemError,
  idOf,
  languageOf,
  listOf,
  storableTimeOf,
  textOf,
  timeOf,
} from './ninjs-fields.ts'

export type WireStatus = 'usable' | 'withheld' | 'canceled'

/** What an item and its media share; times are epoch ms. */
export type WireCommon = {
  version: string
  status: WireStatus
  language?: string
  usageTerms?: string
  copyrightHolder?: string
  copyrightNotice?: string
  versionCreated?: number
  embargoedUntil?: number
  expires?: number
  /** It says that it is not whole. */
  isPartial?: true
}

/** The words of senders for a status, in lower case. */
const statuses = new Map<string, WireStatus>([
  ['usable', 'usable'],
  ['withheld', 'withheld'],
  ['withhold', 'withheld'],
  ['canceled', 'canceled'],
  ['cancelled', 'canceled'],
  ['killed', 'canceled'],
  ['kill', 'canceled'],
  ['withdrawn', 'canceled'],
])

/**
 * `pubstatus`, usable when it is not told. Every property of that name counts, and every word of a list: the strongest
 * takeback wins. Throws ItemError for an unknown word, if there is no takeback beside it. It is no takeback itself: a
 * sender who has words of his own would else take every story down.
 */
export function readStatus(fields: Fields): WireStatus {
  const given = everyOf(fields, 'pubstatus').flatMap(({ path, value }) =>
    Array.isArray(value) && value.length > 0 ? value.map(one => ({ path, value: one })) : [{ path, value }],
  )
  const said = given.map(({ value }) => (typeof value === 'string' ? statusOf(value) : undefined))
  for (const takeback of ['canceled', 'withheld'] as const) if (said.includes(takeback)) return takeback
  const unknown = given[said.indexOf(undefined)]
  if (unknown === undefined) return 'usable'
  const word = textOf({ path: '', byName: new Map([['pubstatus', unknown]]), doubles: [] }, 'pubstatus')
  throw new ItemError(`${unknown.path} is not usable, withheld or canceled: ${word}`)
}

function statusOf(text: string): WireStatus | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^stat:\s*/, '')
  return word === '' ? 'usable' : statuses.get(word)
}

/**
 * Version, status, language, rights and times of an item or of one of its media. Media without a version of its own has
 * that of the item it came in, `within`: a credit put right there is a new version of the picture too.
 */
export function readCommon(
  fields: Fields,
  within?: Pick<WireCommon, 'version' | 'versionCreated'>,
): WireCommon {
  const common = {
    usageTerms: textOf(fields, 'usageterms'),
    copyrightHolder: textOf(fields, 'copyrightholder'),
    copyrightNotice: textOf(fields, 'copyrightnotice'),
    // Of media no language is kept, and no time is shown.
    language: within ? undefined : languageOf(fields),
    versionCreated: within
      ? (timeOf(fields, 'versioncreated') ?? within.versionCreated)
      : storableTimeOf(fields, 'versioncreated'),
    embargoedUntil: within ? timeOf(fields, ...embargoNames) : readEmbargo(fields),
    expires: timeOf(fields, 'expires'),
  }
  return {
    version: idOf(fields, 'version') ?? within?.version ?? '1',
    status: readStatus(fields),
    ...present(common),
    ...(isPartial(fields) && { isPartial: true }),
  }
}

/** By the word of ninjs 2.x and 3.x, or that of 1.x; others say how it is represented in words of their own. */
function isPartial(fields: Fields): boolean {
  const word = fields.byName.get('representationtype')?.value
  return typeof word === 'string' && ['partial', 'incomplete'].includes(word.trim().toLowerCase())
}

const embargoNames = ['embargoeduntil', 'embargoed']

/** Senders who mean none may write the first instant that their clocks have; what is ahead is kept, and has to fit. */
function readEmbargo(fields: Fields): number | undefined {
  return (timeOf(fields, ...embargoNames) ?? 0) > 0 ? storableTimeOf(fields, ...embargoNames) : undefined
}

/** The same object without the members that are undefined. */
export function present<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** The parties an item came from, as named. */
export function readSource(fields: Fields): string | undefined {
  const names = listOf(fields, 'infosources', 'infosource').map(entry => textOf(conceptOf(entry), 'name'))
  return names.filter(name => name !== undefined).join(', ') || textOf(fields, 'source')
}
