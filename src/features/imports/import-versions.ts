/** What tells two versions of one item apart: the sender's version, then its time (epoch milliseconds). */
export type Stamp = { version: string; versionCreated?: number | null }

/**
 * Above 0 when `a` is newer than `b`, below when it is older, 0 for the same version. Numbers compare as numbers,
 * anything else as text; one version sent twice is told apart by its time where both have one.
 */
export function compareVersions(a: Stamp, b: Stamp): number {
  const order = compareNames(a.version, b.version)
  if (order !== 0) return order
  if (a.versionCreated == null || b.versionCreated == null) return 0
  return a.versionCreated - b.versionCreated
}

function compareNames(a: string, b: string): number {
  // As BigInt: some senders count by the clock, in more digits than a number holds.
  const whole = /^\d{1,100}$/
  if (whole.test(a) && whole.test(b)) return sign(BigInt(a), BigInt(b))
  const decimal = /^\d+\.\d+$|^\d+$/
  if (decimal.test(a) && decimal.test(b)) return sign(Number(a), Number(b))
  return sign(a, b)
}

function sign<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
