import {
  canvas,
  circle,
  cloud,
  ellipse,
  glow,
  gradient,
  line,
  path,
  polygon,
  type Random,
  rect,
  repeat,
  seeded,
  tree,
} from './draw.ts'

const awningAt = (x: number) =>
  ['#c9473f', '#2f7f7a', '#d9a441', '#4c5f94'][Math.abs(Math.round(x / 97)) % 4] ?? '#c9473f'

function house(x: number, wide: number, top: number, wall: string, trim: string): string {
  const columns = Math.floor((wide - 40) / 74)
  const inset = (wide - columns * 74) / 2
  const rows = Math.floor((640 - top) / 112)
  const pane = (row: number, column: number) => {
    const wx = x + inset + column * 74 + 16
    const wy = top + 36 + row * 112
    return (
      rect(wx - 6, wy - 6, 54, 78, trim) +
      rect(wx, wy, 42, 66, '#4f7186') +
      polygon(
        [
          [wx, wy + 66],
          [wx + 42, wy],
          [wx + 42, wy + 26],
          [wx + 16, wy + 66],
        ],
        '#86a9b8',
      ) +
      rect(wx + 19, wy, 4, 66, trim) +
      rect(wx - 9, wy + 70, 60, 7, trim)
    )
  }
  return (
    rect(x, top, wide, 760 - top, wall) +
    polygon(
      [
        [x - 10, top],
        [x + 26, top - 66],
        [x + wide - 26, top - 66],
        [x + wide + 10, top],
      ],
      '#8f4a43',
    ) +
    rect(x - 10, top - 4, wide + 20, 16, trim) +
    rect(x, 636, wide, 8, trim) +
    repeat(rows, row => repeat(columns, column => pane(row, column))) +
    repeat(columns, column =>
      rect(x + inset + column * 74 + 8, 664, 58, 96, column % 2 ? '#3a4a5c' : '#5c6f78', 'rx="4"'),
    ) +
    rect(x + 14, 650, wide - 28, 20, awningAt(x))
  )
}

function planeTree(x: number, base: number, size: number): string {
  return (
    rect(x - 9, base - size * 1.5, 18, size * 1.5, '#6b5140') +
    circle(x, base - size * 1.9, size * 0.8, '#4f8a52') +
    circle(x - size * 0.55, base - size * 1.5, size * 0.55, '#3f7648') +
    circle(x + size * 0.55, base - size * 1.55, size * 0.58, '#5e9b58') +
    circle(x + size * 0.1, base - size * 2.2, size * 0.5, '#6cab62')
  )
}

const paving = (random: Random, opacity: number) =>
  path(
    repeat(120, () => `M${(random() * 1600).toFixed(1)} ${(804 + random() * 190).toFixed(1)}h30`),
    'none',
    `stroke="#5f5c63" stroke-width="9" stroke-linecap="round" opacity="${opacity}"`,
  )

function tramSide(left: number, right: number, random: Random): string {
  const door = (x: number) =>
    rect(x, 560, 100, 246, '#a8322f', 'rx="8"') +
    rect(x + 8, 572, 40, 222, '#bcd9e2', 'rx="5"') +
    rect(x + 52, 572, 40, 222, '#a8cbd7', 'rx="5"')
  const passenger = (x: number) =>
    circle(x + 58, 640, 15, '#5b4a4f') + path(`M${x + 34} 678q24 -40 48 0Z`, '#44536a')
  const pane = (x: number) =>
    rect(x, 572, 100, 106, '#bcd9e2', 'rx="10"') +
    polygon(
      [
        [x + 12, 678],
        [x + 60, 572],
        [x + 88, 572],
        [x + 40, 678],
      ],
      '#e4f2f5',
      'opacity="0.7"',
    ) +
    (random() > 0.35 ? passenger(x) : '')
  return (
    [470, 560, 1040, 1130].map(x => circle(x, 862, 30, '#23283a') + circle(x, 862, 14, '#8892a6')).join('') +
    path(
      `M${left + 40} 514H${right - 40}Q${right - 6} 520 ${right + 6} 590L${right + 26} 740V838Q${right + 22} 856 ${right} 856H${left}Q${left - 22} 856 ${left - 26} 838V740L${left - 6} 590Q${left + 6} 520 ${left + 40} 514Z`,
      'url(#red)',
    ) +
    path(`M${left - 12} 640L${left - 26} 740V760H${right + 26}V740L${right + 12} 640Z`, '#f6ead2') +
    path(`M${left - 26} 740H${right + 26}V760H${left - 26}Z`, '#e0cfae') +
    rect(left + 40, 514, right - left - 80, 12, '#f6ead2') +
    repeat(7, index => (index === 1 || index === 5 ? door : pane)(left + 70 + index * 116)) +
    path(`M${left + 8} 572H${left + 52}V690H${left - 14}Z`, '#bcd9e2') +
    path(`M${right - 8} 572H${right - 52}V690H${right + 14}Z`, '#a8cbd7') +
    circle(right + 4, 800, 14, '#fff4bf') +
    circle(left - 4, 800, 11, '#ffb0a0') +
    rect(left - 20, 836, right - left + 40, 20, '#3b3f4f', 'rx="6"')
  )
}

/** A red tram in a street of old houses. */
export function drawTram(): string {
  const random = seeded(173)
  return canvas(
    gradient('sky', [0, '#7fbbe0'], [100, '#e9f2ec']) +
      gradient('street', [0, '#a9a3a0'], [100, '#6f6b70']) +
      gradient('red', [0, '#dc4a41'], [100, '#b83531']),
    rect(0, 0, 1600, 760, 'url(#sky)'),
    cloud(380, 150, 52, '#ffffff', 0.85),
    cloud(1180, 110, 64, '#ffffff', 0.75),
    house(-30, 330, 300, '#e7c58f', '#fbf2df'),
    house(300, 270, 240, '#d98f74', '#fbeade'),
    house(570, 380, 330, '#b9c7a2', '#f6f6e6'),
    house(950, 300, 220, '#e9dcc3', '#ffffff'),
    house(1250, 380, 290, '#c89aa0', '#fbeeee'),
    rect(0, 756, 1600, 30, '#cfc8c0'),
    [120, 1500].map(x => planeTree(x, 780, 96)).join(''),
    rect(0, 784, 1600, 216, 'url(#street)'),
    paving(random, 0.14),
    paving(random, 0.26),
    rect(0, 889, 1600, 7, '#d9dde2'),
    rect(0, 896, 1600, 5, '#4a484f'),
    rect(0, 944, 1600, 9, '#d9dde2'),
    rect(0, 953, 1600, 6, '#4a484f'),
    line([0, 372], [1600, 372], '#3b4252', 4),
    repeat(
      5,
      index =>
        rect(60 + index * 370, 340, 10, 446, '#4b5566') + rect(60 + index * 370, 352, 90, 7, '#4b5566'),
    ),
    ellipse(800, 896, 500, 18, '#2f2d35', 'opacity="0.45"'),
    line([740, 500], [820, 440], '#3b4252', 7),
    line([820, 440], [760, 376], '#3b4252', 7),
    rect(715, 370, 92, 8, '#3b4252', 'rx="4"'),
    rect(640, 496, 260, 26, '#8b93a3', 'rx="8"'),
    tramSide(330, 1270, random),
    rect(0, 985, 1600, 15, '#5a575d'),
  )
}

function block(x: number, base: number, wide: number, high: number, wall: string, window: string): string {
  let panes = ''
  for (let wx = x + 12; wx < x + wide - 16; wx += 24) {
    for (let wy = base - high + 16; wy < base - 20; wy += 30) panes += rect(wx, wy, 12, 16, window)
  }
  return (
    rect(x, base - high, wide, high, wall) + rect(x - 4, base - high - 8, wide + 8, 10, '#a5584a') + panes
  )
}

function domes(x: number, base: number): string {
  const dome = (cx: number, cy: number, r: number) =>
    rect(cx - r, cy - 4, r * 2, r * 0.9, '#e9ddc8') +
    path(
      `M${cx - r * 1.1} ${cy}C${cx - r * 1.1} ${cy - r * 1.1} ${cx - r * 0.3} ${cy - r * 1.25} ${cx} ${cy - r * 1.7}C${cx + r * 0.3} ${cy - r * 1.25} ${cx + r * 1.1} ${cy - r * 1.1} ${cx + r * 1.1} ${cy}Z`,
      '#e2b13c',
    ) +
    path(
      `M${cx} ${cy - r * 1.7}C${cx + r * 0.3} ${cy - r * 1.25} ${cx + r * 1.1} ${cy - r * 1.1} ${cx + r * 1.1} ${cy}H${cx}Z`,
      '#c18f28',
    )
  return (
    rect(x - 150, base - 130, 300, 130, '#efe5d3') +
    rect(x - 100, base - 190, 200, 80, '#e7dac3') +
    [-110, -40, 30, 100]
      .map(dx => path(`M${x + dx - 16} ${base}V${base - 60}a16 18 0 0 1 32 0V${base}Z`, '#8d7b73'))
      .join('') +
    dome(x - 112, base - 150, 36) +
    dome(x + 112, base - 150, 36) +
    dome(x, base - 226, 66) +
    [-66, -22, 22, 66].map(dx => rect(x + dx - 5, base - 178, 10, 34, '#8d7b73')).join('')
  )
}

/** A city with golden domes under a broad mountain, in the morning. */
export function drawSkyline(): string {
  const random = seeded(97)
  const walls = ['#e8c9a4', '#d9a98a', '#f0dcc0', '#c9b8a8', '#e3b79a', '#d7cdbd']
  const row = (base: number, low: number, high: number, window: string, fade: number) => {
    let x = -20
    let all = ''
    while (x < 1600) {
      const wide = 70 + random() * 80
      all += block(
        x,
        base,
        wide,
        low + random() * (high - low),
        walls[Math.floor(random() * walls.length)] ?? '#e8c9a4',
        window,
      )
      x += wide + 4
    }
    return `<g opacity="${fade}">${all}</g>`
  }
  return canvas(
    gradient('sky', [0, '#5fa8d8'], [60, '#bfe0ea'], [100, '#fdeccb']) +
      gradient('peak', [0, '#4f7795'], [100, '#8db4bd']) +
      gradient('slope', [0, '#3f7a76'], [100, '#7fb08f']) +
      glow('sun', [0, '#fffbe0', 1], [30, '#fff2c2', 0.5], [100, '#fff0c0', 0]),
    rect(0, 0, 1600, 1000, 'url(#sky)'),
    circle(300, 210, 300, 'url(#sun)'),
    circle(300, 210, 60, '#fff8dc'),
    path(
      'M0 560L180 470L360 400Q520 330 640 290Q760 250 850 248Q960 250 1040 290Q1150 330 1260 372L1420 440L1600 520V1000H0Z',
      'url(#peak)',
    ),
    path(
      'M850 248Q960 250 1040 290Q1150 330 1260 372L1420 440L1600 520V620H1180L1060 520L1010 430L930 372Z',
      '#3d6483',
      'opacity="0.45"',
    ),
    path(
      'M360 400Q520 330 640 290L600 380L520 430L470 520L300 600H0V560L180 470Z',
      '#86aabd',
      'opacity="0.55"',
    ),
    path('M700 274Q780 250 850 248L800 330L730 370L640 470L660 360Z', '#86aabd', 'opacity="0.4"'),
    cloud(1230, 330, 58, '#ffffff', 0.9),
    cloud(520, 420, 44, '#ffffff', 0.75),
    cloud(1010, 160, 50, '#ffffff', 0.8),
    path('M0 620Q200 540 420 560T860 520T1240 560T1600 540V1000H0Z', 'url(#slope)'),
    path('M0 680Q260 610 560 640T1120 610T1600 640V1000H0Z', '#5f9a78'),
    row(800, 90, 170, '#b6a9a4', 0.72),
    row(870, 80, 190, '#7c8797', 1),
    repeat(34, index => tree(index * 50 + random() * 24, 900 + random() * 20, 44 + random() * 18, random)),
    domes(1010, 890),
    rect(0, 886, 1600, 114, '#6f9a5c'),
    repeat(26, index => tree(index * 64 + random() * 30, 935 + random() * 50, 54 + random() * 24, random)),
    rect(0, 960, 1600, 40, '#58824c'),
  )
}
