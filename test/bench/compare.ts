import type { Slice } from './load.ts'

/** Ours as a ratio to the yardstick, median and quartiles of the rounds, and ours alone: a second, and milliseconds. */
export type Result = {
  name: string
  ratio: number
  low: number
  high: number
  perSecond: number
  p99: number
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)

/** The value below which the share `q` of the numbers lies. */
export const quantile = (numbers: readonly number[], q: number) =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] as number

/** Measures slices of the two beside each other, in alternating order. Throws for a wrong answer. */
export async function compare(
  name: string,
  rounds: number,
  ours: () => Promise<Slice>,
  theirs: () => Promise<Slice>,
): Promise<Result> {
  const ratios: number[] = []
  const rates: number[] = []
  const p99s: number[] = []
  await ours()
  await theirs()
  for (let round = 0; round < rounds; round++) {
    const [a, b] =
      round % 2 === 0 ? [await ours(), await theirs()] : [await theirs(), await ours()].toReversed()
    if (!a || !b) throw new Error('a slice is missing')
    for (const slice of [a, b])
      if (slice.wrong.length > 0) throw new Error(`a wrong answer: ${slice.wrong[0]}`)
    const rate = a.answers / a.seconds
    ratios.push(rate / (b.answers / b.seconds))
    rates.push(rate)
    p99s.push(quantile(a.latencies, 0.99))
  }
  return {
    name,
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    perSecond: quantile(rates, 0.5),
    p99: quantile(p99s, 0.5),
  }
}
