import {
  canvas,
  circle,
  cloud,
  glints,
  glow,
  gradient,
  hills,
  line,
  type Point,
  path,
  polygon,
  rect,
  repeat,
  seeded,
  tree,
} from './draw.ts'

const armsAt: [number, number][] = [
  [0.72, 0.2],
  [0.84, 0.26],
  [0.95, 0.17],
]

function pylon(x: number, base: number, height: number, stroke: string): string {
  const width = height * 0.13
  const heavy = height / 75
  const at = (share: number): [number, number] => [width * (1 - share * 0.82), base - height * share]
  const levels = [0, 0.24, 0.43, 0.58, 0.7, 0.82, 0.92, 1]
  let lattice = ''
  for (let index = 1; index < levels.length; index += 1) {
    const [w1, y1] = at(levels[index - 1] ?? 0)
    const [w2, y2] = at(levels[index] ?? 1)
    lattice +=
      line([x - w1, y1], [x + w2, y2], stroke, heavy * 0.6) +
      line([x + w1, y1], [x - w2, y2], stroke, heavy * 0.6)
    lattice += line([x - w2, y2], [x + w2, y2], stroke, heavy * 0.6)
  }
  const [bottom] = at(0)
  const [top, peak] = at(1)
  const arms = armsAt
    .map(([share, reach]) => {
      const y = base - height * share
      const far = height * reach
      return (
        path(
          `M${x - far} ${y}L${x} ${y - height * 0.035}L${x + far} ${y}Z`,
          'none',
          `stroke="${stroke}" stroke-width="${heavy * 0.8}"`,
        ) + [-far, far].map(dx => line([x + dx, y], [x + dx, y + height * 0.04], stroke, heavy)).join('')
      )
    })
    .join('')
  return (
    line([x - bottom, base], [x - top, peak], stroke, heavy) +
    line([x + bottom, base], [x + top, peak], stroke, heavy) +
    lattice +
    arms
  )
}

/** Power lines over fields at dusk. */
export function drawPylons(): string {
  const random = seeded(53)
  const masts: [number, number, number][] = [
    [-260, 1010, 900],
    [330, 900, 640],
    [770, 800, 420],
    [1065, 735, 270],
    [1260, 700, 175],
    [1390, 682, 115],
    [1480, 672, 76],
    [1545, 668, 50],
  ]
  const wires = masts.slice(1).map((mast, index) => {
    const from = masts[index] ?? mast
    return armsAt
      .flatMap(([share, reach]) =>
        [-1, 1].map(side => {
          const a: Point = [from[0] + side * from[2] * reach, from[1] - from[2] * (share - 0.04)]
          const b: Point = [mast[0] + side * mast[2] * reach, mast[1] - mast[2] * (share - 0.04)]
          const sag = (from[2] + mast[2]) * 0.06
          return path(
            `M${a[0]} ${a[1]}Q${(a[0] + b[0]) / 2} ${(a[1] + b[1]) / 2 + sag * 2} ${b[0]} ${b[1]}`,
            'none',
            `stroke="#2a1c3a" stroke-width="${mast[2] / 230 + 0.6}"`,
          )
        }),
      )
      .join('')
  })
  const furrows = repeat(26, index => {
    const x = -1500 + index * 180
    return polygon(
      [
        [1500, 662],
        [1500, 662],
        [x + 90, 1000],
        [x, 1000],
      ],
      index % 2 ? '#b98a3e' : '#cf9f4c',
      'opacity="0.75"',
    )
  })
  return canvas(
    gradient('sky', [0, '#4c3f7f'], [45, '#b25f8a'], [78, '#f69a6b'], [100, '#ffd695']) +
      gradient('field', [0, '#e0b45f'], [100, '#8a5b2c']) +
      glow('sun', [0, '#fff3cc', 0.9], [40, '#ffd58c', 0.45], [100, '#ffb870', 0]),
    rect(0, 0, 1600, 700, 'url(#sky)'),
    circle(1130, 590, 380, 'url(#sun)'),
    circle(1130, 590, 74, '#fff0c4'),
    rect(640, 500, 360, 7, '#ffd9a8', 'rx="4" opacity="0.6"'),
    rect(1240, 470, 300, 6, '#ffd9a8', 'rx="3" opacity="0.5"'),
    rect(150, 380, 460, 7, '#e59a92', 'rx="4" opacity="0.5"'),
    hills(random, 640, 110, '#a2628a', 7),
    hills(random, 660, 70, '#7b4a78', 9),
    rect(0, 660, 1600, 340, 'url(#field)'),
    furrows,
    repeat(46, index => circle(index * 36 + random() * 20, 664 - random() * 8, 9 + random() * 12, '#5a3a5c')),
    rect(0, 660, 1600, 10, '#5a3a5c'),
    wires.join(''),
    masts
      .toReversed()
      .map(([x, base, height]) => pylon(x, base, height, '#2a1c3a'))
      .join(''),
    path('M0 960Q300 930 700 975T1600 950V1000H0Z', '#4a3020'),
  )
}

/** A cable-stayed bridge over a wide river at sunset, with a barge. */
export function drawBridge(): string {
  const random = seeded(71)
  const deck = 590
  const towers = [520, 1080]
  const cables = towers
    .map(tower =>
      repeat(9, index => {
        const reach = 34 + (index + 1) * 27
        const top = 232 + index * 17
        return (
          line([tower, top], [tower - reach, deck], '#f4e3d3', 2.4) +
          line([tower, top], [tower + reach, deck], '#f4e3d3', 2.4)
        )
      }),
    )
    .join('')
  const mast = (x: number) =>
    polygon(
      [
        [x - 8, 210],
        [x + 8, 210],
        [x + 15, 740],
        [x - 15, 740],
      ],
      '#fff4e4',
    ) +
    polygon(
      [
        [x, 210],
        [x + 8, 210],
        [x + 15, 740],
        [x, 740],
      ],
      '#caa9a0',
    ) +
    rect(x - 42, 706, 84, 34, '#b8928f', 'rx="8"')
  const containers = ['#c8553d', '#2f6f8f', '#e0a93b', '#2f6f8f', '#5b8a5a', '#c8553d', '#e0a93b']
  return canvas(
    gradient('sky', [0, '#3d6ea3'], [50, '#d59aa8'], [80, '#ffc391'], [100, '#ffe3ae']) +
      gradient('river', [0, '#f2b898'], [30, '#a9809c'], [100, '#2f4a78']) +
      glow('sun', [0, '#fffbe2', 1], [30, '#ffeab8', 0.6], [100, '#ffd090', 0]),
    rect(0, 0, 1600, 700, 'url(#sky)'),
    circle(800, 520, 360, 'url(#sun)'),
    circle(800, 520, 66, '#fff7dc'),
    cloud(240, 250, 52, '#ffe9e0', 0.6),
    cloud(1340, 190, 66, '#ffe9e0', 0.55),
    hills(random, 670, 90, '#b98497', 6),
    hills(random, 690, 60, '#86647f', 9),
    rect(0, 672, 1600, 328, 'url(#river)'),
    glints(random, 800, 676, 990, '#fff0cf'),
    [140, 300, 800, 1300, 1460]
      .map(x =>
        polygon(
          [
            [x - 12, deck + 10],
            [x + 12, deck + 10],
            [x + 16, 716],
            [x - 16, 716],
          ],
          '#a98690',
        ),
      )
      .join(''),
    cables,
    towers.map(mast).join(''),
    rect(0, deck - 6, 1600, 8, '#fff1df'),
    rect(0, deck + 2, 1600, 18, '#8d6c80'),
    repeat(54, index => rect(index * 30, deck - 22, 3, 18, '#fff1df')),
    rect(0, deck - 24, 1600, 3, '#fff1df'),
    towers.map(x => rect(x - 12, 744, 24, 150, '#fff0de', 'opacity="0.22"')).join(''),
    path('M560 806H1080L1046 856H602Z', '#33304f'),
    rect(560, 800, 520, 10, '#e9d8cc'),
    containers
      .map(
        (fill, index) =>
          rect(640 + index * 56, 768, 52, 32, fill) +
          (index % 3 ? rect(640 + index * 56, 734, 52, 32, containers[6 - index] ?? fill) : ''),
      )
      .join(''),
    rect(576, 738, 50, 62, '#f7efe6'),
    rect(584, 748, 34, 16, '#33405f'),
    rect(540, 860, 580, 5, '#ffe6cf', 'opacity="0.5" rx="3"'),
    path('M0 690Q120 700 190 760T330 900Q360 950 380 1000H0Z', '#3f5a4c'),
    path('M1600 690Q1500 704 1440 770T1330 910Q1300 960 1290 1000H1600Z', '#37503f'),
    repeat(20, index =>
      tree(
        index % 2 ? random() * 230 : 1600 - random() * 200,
        770 + random() * 190,
        30 + random() * 26,
        random,
      ),
    ),
  )
}
