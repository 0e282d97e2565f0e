/** A source of numbers in [0, 1). */
export type Random = () => number

/** A point of the 1600 by 1000 canvas. */
export type Point = readonly [x: number, y: number]

/** mulberry32: the same seed always draws the same picture. */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const short = (value: number) => String(Math.round(value * 10) / 10)

/** `count` strings made by `make`, joined. */
export function repeat(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join('')
}

/** A vertical gradient; stops are [offset in percent, colour, opacity]. */
export function gradient(id: string, ...stops: [number, string, number?][]): string {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stopList(stops)}</linearGradient>`
}

/** A round gradient, for suns, lamps and haze. */
export function glow(id: string, ...stops: [number, string, number?][]): string {
  return `<radialGradient id="${id}">${stopList(stops)}</radialGradient>`
}

function stopList(stops: [number, string, number?][]): string {
  return stops
    .map(
      ([at, colour, opacity = 1]) =>
        `<stop offset="${at}%" stop-color="${colour}" stop-opacity="${opacity}"/>`,
    )
    .join('')
}

export function rect(x: number, y: number, w: number, h: number, fill: string, more = ''): string {
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="${fill}" ${more}/>`
}

export function circle(x: number, y: number, r: number, fill: string, more = ''): string {
  return `<circle cx="${short(x)}" cy="${short(y)}" r="${short(r)}" fill="${fill}" ${more}/>`
}

export function ellipse(x: number, y: number, rx: number, ry: number, fill: string, more = ''): string {
  return `<ellipse cx="${short(x)}" cy="${short(y)}" rx="${short(rx)}" ry="${short(ry)}" fill="${fill}" ${more}/>`
}

export function polygon(points: readonly Point[], fill: string, more = ''): string {
  return `<polygon points="${points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ')}" fill="${fill}" ${more}/>`
}

export function line(from: Point, to: Point, stroke: string, width: number, more = ''): string {
  return `<path d="M${short(from[0])} ${short(from[1])}L${short(to[0])} ${short(to[1])}" stroke="${stroke}" stroke-width="${width}" fill="none" ${more}/>`
}

export function path(d: string, fill: string, more = ''): string {
  return `<path d="${d}" fill="${fill}" ${more}/>`
}

/** A soft ridge across the whole canvas, filled down to the bottom edge. */
export function hills(random: Random, base: number, height: number, fill: string, steps = 8): string {
  const width = 1600 / steps
  const tops = Array.from({ length: steps + 2 }, () => base - random() * height)
  let d = `M0 1000L0 ${short(tops[0] ?? base)}`
  for (let index = 0; index <= steps; index += 1) {
    const here = tops[index] ?? base
    const next = tops[index + 1] ?? base
    d += `Q${short(index * width)} ${short(here)} ${short((index + 0.5) * width)} ${short((here + next) / 2)}`
  }
  return path(`${d}L1600 1000Z`, fill)
}

/** Short bright dashes on water around `x`, wider towards the viewer. */
export function glints(
  random: Random,
  x: number,
  from: number,
  to: number,
  fill: string,
  spread = 1,
): string {
  return repeat(70, index => {
    const depth = (index + random()) / 70
    const y = from + (to - from) * depth * depth
    const width = (20 + 130 * depth) * (0.3 + random())
    const away = (random() - 0.5) * (70 + 330 * depth) * spread
    return rect(
      x + away - width / 2,
      y,
      width,
      2 + 5 * depth,
      fill,
      `rx="3" opacity="${short(0.2 + random() * 0.5)}"`,
    )
  })
}

/** A flat-bottomed cloud of overlapping discs. */
export function cloud(x: number, y: number, size: number, fill: string, opacity = 1): string {
  const puffs: [number, number, number][] = [
    [-1.5, -0.28, 0.42],
    [-0.75, -0.62, 0.72],
    [0.15, -0.8, 0.92],
    [1.0, -0.45, 0.62],
    [1.65, -0.2, 0.34],
  ]
  const discs = puffs.map(([dx, dy, r]) => circle(x + dx * size, y + dy * size, r * size, fill)).join('')
  const clip = `c${Math.round(x)}-${Math.round(y)}`
  return `<clipPath id="${clip}"><rect x="${short(x - 3 * size)}" y="${short(y - 3 * size)}" width="${short(6 * size)}" height="${short(3 * size)}"/></clipPath><g clip-path="url(#${clip})" opacity="${opacity}">${discs}${rect(x - 1.85 * size, y - 0.42 * size, 3.8 * size, 0.42 * size, fill, `rx="${short(0.2 * size)}"`)}</g>`
}

/** A round leafy tree standing on `base`. */
export function tree(x: number, base: number, size: number, random: Random): string {
  const tone = ['#2f4a3a', '#436a4c', '#55794f', '#3a5a45'][Math.floor(random() * 4)] ?? '#436a4c'
  return (
    rect(x - size * 0.08, base - size * 0.6, size * 0.16, size * 0.6, '#4a3a34') +
    circle(x, base - size, size * 0.62, tone) +
    circle(x - size * 0.35, base - size * 0.75, size * 0.42, tone) +
    circle(x + size * 0.36, base - size * 0.72, size * 0.44, tone)
  )
}

/** The whole picture: definitions, then what is painted, back to front. */
export function canvas(definitions: string, ...layers: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1000" viewBox="0 0 1600 1000"><defs>${definitions}</defs>${layers.join('')}</svg>`
}
