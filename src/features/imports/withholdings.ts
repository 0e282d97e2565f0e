import type { Withholding } from './imports.store.ts'
import { anyVersion } from './ninjs.ts'
import { compareVersions } from './versions.ts'

type Item = { version: string; versionCreated?: number | null | undefined }

/**
 * Whether a usable item is withheld: 'yes'; 'perhaps', for want of a time or because version and time contradict each
 * other; 'no' if it is surely later. Both of 'yes' and 'perhaps' keep the item hidden.
 */
export function isWithheld(usable: Item, withholding: Withholding | undefined): 'yes' | 'perhaps' | 'no' {
  if (!withholding) return 'no'
  const answers = [isWithheldByVersion(usable, withholding), isWithheldByTime(usable, withholding)]
  return answers.find(answer => answer === 'yes') ?? answers.find(answer => answer === 'perhaps') ?? 'no'
}

function isWithheldByVersion(
  { version, versionCreated }: Item,
  { version: last, at, receivedAt }: Withholding,
) {
  if (last === undefined) return 'no'
  const order = compareVersions(version, last)
  const time = versionCreated ?? undefined
  if (order < 0) return 'yes'
  if (order > 0) return time !== undefined && at !== undefined && time < at ? 'perhaps' : 'no'
  if (time !== undefined && time > (at ?? receivedAt)) return 'no'
  return time === undefined || at === undefined ? 'perhaps' : 'yes'
}

function isWithheldByTime({ versionCreated }: Item, { until, isBlind }: Withholding) {
  if (until === undefined) return 'no'
  const time = versionCreated ?? undefined
  if (time !== undefined && time > until) return 'no'
  return time === undefined || isBlind ? 'perhaps' : 'yes'
}

/** Whether a known item is surely later than a withheld one that comes now. */
export function isSurelyLater(known: Item, withheld: Item): boolean {
  // The known item was withheld and named no version, or the withheld one names nothing to compare.
  if (known.version === anyVersion) return false
  if (withheld.version === anyVersion && (withheld.versionCreated ?? undefined) === undefined) return false
  // The known item came before: no time of receipt makes it later.
  return isWithheld(known, addWithheld(undefined, withheld, undefined, Number.POSITIVE_INFINITY)) === 'no'
}

/** Whether the withheld item adds nothing to what its sender withheld before. */
export function addsNothing({ version, versionCreated }: Item, before: Withholding | undefined): boolean {
  if (!before) return false
  const time = versionCreated ?? undefined
  if (version === anyVersion)
    return time === undefined ? before.isBlind : before.until !== undefined && time <= before.until
  if (before.version === undefined) return false
  const order = compareVersions(version, before.version)
  if (order > 0) return false
  if (time === undefined) return order < 0 || before.at === undefined
  return time <= (before.at ?? before.receivedAt)
}

/**
 * Adds a withheld item to the versions that are withheld. An item without a version withholds every version created up to
 * its time. An item with neither withholds the known version. If no version is known, it withholds all created until now.
 */
export function addWithheld(
  before: Withholding | undefined,
  { version, versionCreated }: Item,
  knownVersion: string | undefined,
  now: number,
): Withholding {
  const all = before ?? {
    version: undefined,
    at: undefined,
    until: undefined,
    isBlind: false,
    receivedAt: now,
  }
  const after = { ...all, receivedAt: now }
  const time = versionCreated ?? undefined
  if (version !== anyVersion) return { ...after, ...latestOf(all, version, time) }
  if (time !== undefined) return { ...after, until: Math.max(time, all.until ?? time) }
  if (knownVersion) return { ...after, isBlind: true, ...latestOf(all, knownVersion, undefined) }
  return { ...after, isBlind: true, until: Math.max(now, all.until ?? now) }
}

function latestOf(
  { version: last, at }: Withholding,
  version: string,
  time: number | undefined,
): Pick<Withholding, 'version' | 'at'> {
  const order = last === undefined ? 1 : compareVersions(version, last)
  if (order > 0) return { version, at: time === undefined ? undefined : Math.max(time, at ?? time) }
  if (order < 0) return { version: last, at: at === undefined ? undefined : Math.max(at, time ?? at) }
  const isTimed = at !== undefined && time !== undefined
  return { version: last, at: isTimed ? Math.max(at, time) : undefined }
}
