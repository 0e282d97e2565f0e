/**
 * Which of two versions is later, as senders write them: whole numbers, numbers with points (1.10 is after 1.9), or
 * words in the order of their letters. Negative, 0 or positive, as a sort takes it.
 */
export function compareVersions(a: string, b: string): number {
  if (!isNumbered(a) || !isNumbered(b)) return a < b ? -1 : a > b ? 1 : 0
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = Number(left[i] ?? 0) - Number(right[i] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

const isNumbered = (version: string) => /^\d+(\.\d+)*$/.test(version)
