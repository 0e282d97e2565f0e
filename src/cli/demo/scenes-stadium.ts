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
  type Random,
  rect,
  repeat,
  seeded,
} from './draw.ts'

/** Heads in the stand: one path a colour, since 1,700 elements take a second to paint. */
function crowdOf(random: Random): string {
  const colours = ['#e8e4da', '#c9473f', '#2d6cb5', '#f0c04a', '#26324f', '#d7dbe6']
  const heads = colours.map(() => '')
  for (let index = 0; index < 1700; index += 1) {
    const x = random() * 1600
    const edge = Math.max(0, Math.abs(x - 800) - 380) * 0.119
    const y = 334 - edge + random() * (150 + edge)
    const size = 7 + random() * 5
    const r = (size / 2).toFixed(1)
    heads[index % colours.length] +=
      `M${x.toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${size.toFixed(1)} 0a${r} ${r} 0 1 0 ${(-size).toFixed(1)} 0`
  }
  return heads.map((d, index) => path(d, colours[index] ?? '#ffffff')).join('')
}

/** A floodlit football ground before kick-off, seen from the stand. */
export function drawStadium(): string {
  const random = seeded(131)
  const lamp = (x: number) =>
    rect(x - 7, 150, 14, 260, '#27324a') +
    rect(x - 76, 80, 152, 78, '#27324a', 'rx="6"') +
    repeat(15, index => circle(x - 60 + (index % 5) * 30, 98 + Math.floor(index / 5) * 21, 9, '#fffbe6')) +
    circle(x, 118, 240, 'url(#lamp)')
  const at = (u: number, v: number): Point => {
    const y = 520 + 420 * v ** 1.35
    const half = 520 + 330 * v ** 1.35
    return [800 + (u - 0.5) * 2 * half, y]
  }
  const white = 'stroke="#f7fff2" stroke-width="5" fill-opacity="0"'
  const box = (u1: number, v1: number, u2: number, v2: number) =>
    polygon([at(u1, v1), at(u2, v1), at(u2, v2), at(u1, v2)], '#000', white)
  const [cx, cy] = at(0.5, 0.46)
  return canvas(
    gradient('sky', [0, '#152350'], [60, '#4a5fa0'], [100, '#e2a58c']) +
      gradient('stand', [0, '#2a3656'], [100, '#3f4f7a']) +
      glow('lamp', [0, '#fffdf0', 0.8], [30, '#fff6cf', 0.3], [100, '#fff6cf', 0]),
    rect(0, 0, 1600, 420, 'url(#sky)'),
    [190, 1410].map(lamp).join(''),
    polygon(
      [
        [0, 250],
        [420, 300],
        [1180, 300],
        [1600, 250],
        [1600, 530],
        [0, 530],
      ],
      'url(#stand)',
    ),
    crowdOf(random),
    polygon(
      [
        [0, 226],
        [420, 280],
        [1180, 280],
        [1600, 226],
        [1600, 262],
        [1180, 312],
        [420, 312],
        [0, 262],
      ],
      '#e9edf5',
    ),
    polygon(
      [
        [0, 252],
        [420, 303],
        [1180, 303],
        [1600, 252],
        [1600, 262],
        [1180, 312],
        [420, 312],
        [0, 262],
      ],
      '#b8c1d6',
    ),
    rect(0, 486, 1600, 36, '#1f2a49'),
    repeat(12, index =>
      rect(
        index * 136 + 6,
        490,
        124,
        28,
        ['#c9473f', '#2d6cb5', '#f0c04a', '#e9edf5'][index % 4] ?? '#fff',
        'rx="3"',
      ),
    ),
    rect(0, 520, 1600, 480, '#2f7d43'),
    repeat(10, index =>
      polygon(
        [at(index / 10, 0), at((index + 1) / 10, 0), at((index + 1) / 10, 1), at(index / 10, 1)],
        index % 2 ? '#3f9a52' : '#4fae60',
      ),
    ),
    box(0.02, 0.04, 0.98, 0.94),
    box(0.02, 0.22, 0.15, 0.76),
    box(0.85, 0.22, 0.98, 0.76),
    box(0.02, 0.36, 0.065, 0.6),
    box(0.935, 0.36, 0.98, 0.6),
    line(at(0.5, 0.04), at(0.5, 0.94), '#f7fff2', 5),
    ellipse(cx, cy, 128, 56, 'none', 'stroke="#f7fff2" stroke-width="5"'),
    circle(cx, cy, 7, '#f7fff2'),
    ellipse(cx + 40, cy + 14, 17, 6, '#1d5a30', 'opacity="0.6"'),
    circle(cx + 36, cy, 15, '#ffffff'),
    polygon(
      [
        [cx + 36, cy - 7],
        [cx + 43, cy - 2],
        [cx + 40, cy + 6],
        [cx + 32, cy + 6],
        [cx + 29, cy - 2],
      ],
      '#26324f',
    ),
    circle(190, 118, 330, 'url(#lamp)', 'opacity="0.5"'),
    circle(1410, 118, 330, 'url(#lamp)', 'opacity="0.5"'),
  )
}
