import {
  canvas,
  circle,
  ellipse,
  glow,
  gradient,
  line,
  type Point,
  path,
  polygon,
  rect,
  repeat,
  seeded,
} from './draw.ts'

function amphora(x: number, base: number, size: number, clay: string, dark: string): string {
  const s = size / 100
  return (
    path(
      `M${x - 14 * s} ${base}L${x - 10 * s} ${base - 10 * s}C${x - 60 * s} ${base - 60 * s} ${x - 44 * s} ${base - 118 * s} ${x - 15 * s} ${base - 132 * s}V${base - 160 * s}H${x + 15 * s}V${base - 132 * s}C${x + 44 * s} ${base - 118 * s} ${x + 60 * s} ${base - 60 * s} ${x + 10 * s} ${base - 10 * s}L${x + 14 * s} ${base}Z`,
      clay,
    ) +
    path(
      `M${x - 15 * s} ${base - 152 * s}C${x - 58 * s} ${base - 156 * s} ${x - 56 * s} ${base - 120 * s} ${x - 36 * s} ${base - 108 * s}M${x + 15 * s} ${base - 152 * s}C${x + 58 * s} ${base - 156 * s} ${x + 56 * s} ${base - 120 * s} ${x + 36 * s} ${base - 108 * s}`,
      'none',
      `stroke="${clay}" stroke-width="${7 * s}"`,
    ) +
    rect(x - 22 * s, base - 168 * s, 44 * s, 10 * s, dark, `rx="${4 * s}"`) +
    path(
      `M${x - 43 * s} ${base - 92 * s}Q${x} ${base - 80 * s} ${x + 43 * s} ${base - 92 * s}V${base - 74 * s}Q${x} ${base - 60 * s} ${x - 43 * s} ${base - 74 * s}Z`,
      dark,
    )
  )
}

function visitor(x: number, base: number, size: number, coat: string): string {
  return (
    circle(x, base - size * 0.9, size * 0.1, '#7a4b3c') +
    path(
      `M${x - size * 0.16} ${base - size * 0.3}V${base - size * 0.66}Q${x} ${base - size * 0.86} ${x + size * 0.16} ${base - size * 0.66}V${base - size * 0.3}Z`,
      coat,
    ) +
    rect(x - size * 0.11, base - size * 0.32, size * 0.09, size * 0.32, '#2b2a3d') +
    rect(x + size * 0.02, base - size * 0.32, size * 0.09, size * 0.32, '#2b2a3d')
  )
}

/** A museum hall: three niches with clay vessels, a mosaic floor and visitors. */
export function drawMuseum(): string {
  const random = seeded(113)
  const tones = ['#c9764f', '#e6c48d', '#3f6f7a', '#f0e0c0', '#8a4a3c']
  const horizon = 700
  const tile = (row: number, column: number): Point => {
    const y = horizon + 300 * (row / 9) ** 1.6
    const spread = 70 + (y - horizon) * 0.42
    return [800 + (column - 14) * spread, y]
  }
  const floor = repeat(9, row =>
    repeat(28, column => {
      const ring = (Math.abs(column - 13.5) + row) % 4
      const fill = tones[ring < 1 ? 2 : ring < 2 ? 3 : Math.floor(random() * 5)] ?? '#e6c48d'
      return polygon(
        [tile(row, column), tile(row, column + 1), tile(row + 1, column + 1), tile(row + 1, column)],
        fill,
        'stroke="#d9c3a0" stroke-width="2" opacity="0.85"',
      )
    }),
  )
  const niche = (x: number, size: number, clay: string, dark: string) =>
    path(`M${x - 150} 700V330a150 150 0 0 1 300 0V700Z`, '#8c5a45') +
    path(`M${x - 128} 700V336a128 128 0 0 1 256 0V700Z`, 'url(#niche)') +
    ellipse(x, 470, 128, 250, 'url(#spot)') +
    amphora(x, 590, size, clay, dark) +
    polygon(
      [
        [x - 74, 590],
        [x + 74, 590],
        [x + 74, 612],
        [x - 74, 612],
      ],
      '#fbf1de',
    ) +
    rect(x - 60, 612, 120, 100, '#e2d0b3') +
    rect(x + 18, 612, 42, 100, '#c9b391')
  const column = (x: number) =>
    rect(x - 34, 200, 68, 500, '#f1e4cc') +
    [-18, 0, 18].map(dx => rect(x + dx - 3, 200, 6, 500, '#d5c2a0')).join('') +
    rect(x - 52, 170, 104, 34, '#fbf1de', 'rx="6"') +
    rect(x - 50, 682, 100, 30, '#fbf1de', 'rx="4"')
  return canvas(
    gradient('wall', [0, '#a06a4f'], [100, '#d69f72']) +
      gradient('niche', [0, '#2d2f45'], [100, '#5b4a58']) +
      gradient('shine', [0, '#fff2cf', 0.35], [100, '#fff2cf', 0]) +
      glow('spot', [0, '#ffe9b8', 0.75], [100, '#ffe9b8', 0]),
    rect(0, 0, 1600, 710, 'url(#wall)'),
    rect(0, 0, 1600, 120, '#6e4537'),
    rect(0, 120, 1600, 14, '#e9cfa4'),
    repeat(54, index => rect(index * 30 + 4, 138, 18, 18, '#e9cfa4')),
    niche(310, 150, '#c8653c', '#3a2a30'),
    niche(800, 190, '#d97a45', '#2f2a3a'),
    niche(1290, 140, '#b85a3a', '#3a2a30'),
    [60, 555, 1045, 1540].map(column).join(''),
    [310, 800, 1290]
      .map(x =>
        polygon(
          [
            [x - 40, 134],
            [x + 40, 134],
            [x + 190, 712],
            [x - 190, 712],
          ],
          'url(#shine)',
        ),
      )
      .join(''),
    rect(0, horizon, 1600, 300, '#e6c48d'),
    floor,
    [310, 800, 1290].map(x => ellipse(x, 724, 110, 16, '#5a3a30', 'opacity="0.35"')).join(''),
    [
      [1085, 872, 60],
      [1180, 880, 60],
      [470, 905, 66],
    ]
      .map(([x = 0, y = 0, r = 0]) => ellipse(x, y, r, 11, '#4a2f2a', 'opacity="0.35"'))
      .join(''),
    visitor(1090, 872, 280, '#2f5d73'),
    visitor(1180, 880, 262, '#c9a13b'),
    visitor(472, 905, 300, '#7d3b4a'),
  )
}

/** Candlesticks and a rising average on a dark screen. */
export function drawMarketChart(): string {
  const random = seeded(151)
  let level = 650
  const bars = Array.from({ length: 34 }, (_, index) => {
    const open = level
    level += (random() - 0.57) * 66 - (index > 22 ? 5 : 0)
    level = Math.max(220, Math.min(740, level))
    return {
      x: 96 + index * 42.5,
      open,
      close: level,
      high: Math.min(open, level) - random() * 34,
      low: Math.max(open, level) + random() * 34,
      volume: 26 + random() * 92,
    }
  })
  const average: Point[] = bars.map((bar, index) => {
    const last = bars.slice(Math.max(0, index - 5), index + 1)
    return [bar.x, last.reduce((sum, one) => sum + one.close, 0) / last.length]
  })
  const trace = average.map(([x, y], index) => `${index ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
  const [endX, endY] = average.at(-1) ?? [0, 0]
  return canvas(
    gradient('back', [0, '#10233f'], [100, '#0a1529']) +
      gradient('area', [0, '#3fb6c9', 0.42], [100, '#3fb6c9', 0]) +
      glow('dot', [0, '#ffffff', 0.9], [30, '#7fe6f0', 0.5], [100, '#7fe6f0', 0]),
    rect(0, 0, 1600, 1000, 'url(#back)'),
    repeat(9, index => rect(60, 140 + index * 90, 1480, 2, '#27456b', 'opacity="0.7"')),
    repeat(12, index => rect(96 + index * 127.5, 110, 2, 780, '#27456b', 'opacity="0.4"')),
    path(`${trace}L${endX} 890L96 890Z`, 'url(#area)'),
    bars
      .map(bar =>
        rect(
          bar.x - 11,
          890 - bar.volume,
          22,
          bar.volume,
          bar.close < bar.open ? '#2f7f7a' : '#8a4658',
          'opacity="0.6"',
        ),
      )
      .join(''),
    bars
      .map(bar => {
        const fill = bar.close < bar.open ? '#46d3a4' : '#f2677a'
        return (
          line([bar.x, bar.high], [bar.x, bar.low], fill, 4) +
          rect(
            bar.x - 13,
            Math.min(bar.open, bar.close),
            26,
            Math.max(6, Math.abs(bar.close - bar.open)),
            fill,
            'rx="3"',
          )
        )
      })
      .join(''),
    path(trace, 'none', 'stroke="#f6c453" stroke-width="7" stroke-linejoin="round" stroke-linecap="round"'),
    rect(60, endY - 1, 1480, 2, '#f6c453', 'opacity="0.5"'),
    circle(endX, endY, 70, 'url(#dot)'),
    circle(endX, endY, 13, '#f6c453'),
    rect(60, 888, 1480, 4, '#4a6f9c'),
  )
}
