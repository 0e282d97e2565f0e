/**
 * Which of two versions is later, as senders write them: whole numbers, numbers with points (1.10 is after 1.9), or
 * words in the order of their letters. Negative, 0 or positive, as a sort takes it.
 */
export function compareVersions(a: string, b: string): number {
  if (!isNumbered(a) || !isNumbered(b)) return a < b ? -1 : a > b ? 1 : 0
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    // A clock's digits run past what a number holds.
    const [one, other] = [BigInt(left[i] ?? 0), BigInt(right[i] ?? 0)]
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

const isNumbered = (version: string) => /^\d+(\.\d+)*$/.test(version)
