import {
  canvas,
  circle,
  cloud,
  ellipse,
  glints,
  glow,
  gradient,
  hills,
  path,
  polygon,
  type Random,
  rect,
  repeat,
  seeded,
} from './draw.ts'

const gull = (x: number, y: number, size: number, stroke: string) =>
  path(
    `M${x - size} ${y}q${size * 0.5} ${-size * 0.5} ${size} 0q${size * 0.5} ${-size * 0.5} ${size} 0`,
    'none',
    `stroke="${stroke}" stroke-width="4" stroke-linecap="round"`,
  )

function turbine(x: number, base: number, height: number, turn: number, colours: [string, string]): string {
  const [light, shade] = colours
  const hub = base - height
  const blade = height * 0.62
  const wide = height * 0.032
  const blades = [0, 120, 240]
    .map(
      angle =>
        `<g transform="rotate(${turn + angle} ${x} ${hub})">${path(
          `M${x - wide * 0.4} ${hub}C${x - wide * 1.5} ${hub - blade * 0.28} ${x - wide * 0.6} ${hub - blade * 0.7} ${x} ${hub - blade}C${x + wide * 0.5} ${hub - blade * 0.6} ${x + wide * 0.5} ${hub - blade * 0.3} ${x + wide * 0.4} ${hub}Z`,
          light,
        )}</g>`,
    )
    .join('')
  return (
    polygon(
      [
        [x - wide * 0.45, hub],
        [x, hub],
        [x, base],
        [x - wide, base],
      ],
      light,
    ) +
    polygon(
      [
        [x, hub],
        [x + wide * 0.45, hub],
        [x + wide, base],
        [x, base],
      ],
      shade,
    ) +
    rect(x - wide * 1.25, base - height * 0.09, wide * 2.5, height * 0.12, '#f2b632') +
    rect(x - wide * 1.9, base - height * 0.1, wide * 3.8, height * 0.018, '#d9962a') +
    ellipse(x, base + height * 0.03, wide * 3.4, wide * 0.5, '#ffffff', 'opacity="0.35"') +
    blades +
    circle(x, hub, wide * 0.85, shade)
  )
}

/** Turbines at sea at sunrise. */
export function drawWindFarm(): string {
  const random = seeded(11)
  const pale: [string, string] = ['#e6e4e6', '#b9b9c6']
  const near: [string, string] = ['#ffffff', '#ccd3dd']
  const far: [number, number, number][] = [
    [150, 170, 12],
    [330, 190, 75],
    [520, 160, 40],
    [1180, 170, 100],
    [1370, 185, 20],
    [1520, 160, 65],
  ]
  return canvas(
    gradient('sky', [0, '#2f6f9f'], [45, '#8fbfd0'], [75, '#fbdcae'], [100, '#ffbf86']) +
      gradient('sea', [0, '#5d9fb2'], [35, '#2c7090'], [100, '#123f5e']) +
      glow('sun', [0, '#fff6da', 0.95], [30, '#ffe7b0', 0.55], [100, '#ffd08a', 0]),
    rect(0, 0, 1600, 640, 'url(#sky)'),
    circle(900, 560, 430, 'url(#sun)'),
    circle(900, 560, 82, '#fff3cf'),
    cloud(330, 240, 66, '#ffffff', 0.55),
    cloud(1330, 170, 80, '#ffffff', 0.42),
    cloud(640, 380, 36, '#fff1df', 0.6),
    rect(0, 620, 1600, 380, 'url(#sea)'),
    glints(random, 900, 624, 990, '#ffe9bd'),
    far.map(([x, height, turn]) => turbine(x, 630, height, turn, pale)).join(''),
    turbine(690, 665, 260, 52, near),
    turbine(1190, 715, 400, 8, near),
    turbine(330, 770, 480, 38, near),
    path('M0 880Q200 840 400 876T800 872T1200 880T1600 866V1000H0Z', '#0f3853', 'opacity="0.75"'),
    path('M0 935Q180 905 390 938T790 928T1230 942T1600 922V1000H0Z', '#0a2b43'),
    gull(780, 250, 22, '#34566e'),
    gull(850, 290, 15, '#34566e'),
    gull(930, 220, 17, '#34566e'),
  )
}

/** A lighthouse on a cape at dusk, its lamp lit. */
export function drawLighthouse(): string {
  const random = seeded(22)
  const stripes = [1, 3].map(band => {
    const top = 380 + band * 62
    const grow = (y: number) => 44 + (y - 380) * 0.075
    return polygon(
      [
        [1190 - grow(top), top],
        [1190 + grow(top), top],
        [1190 + grow(top + 62), top + 62],
        [1190 - grow(top + 62), top + 62],
      ],
      '#cf4a43',
    )
  })
  return canvas(
    gradient('sky', [0, '#1f2a5c'], [50, '#7a4f86'], [80, '#ee8a72'], [100, '#ffc48b']) +
      gradient('sea', [0, '#b06a7d'], [25, '#4d4a7d'], [100, '#171d46']) +
      gradient('rock', [0, '#4a3b57'], [100, '#221b35']) +
      glow('lamp', [0, '#fffbe0', 1], [25, '#fff0b0', 0.6], [100, '#ffe28a', 0]) +
      '<linearGradient id="beam" x1="1" y1="0" x2="0" y2="0"><stop offset="0%" stop-color="#fff4bf" stop-opacity="0.75"/><stop offset="100%" stop-color="#fff4bf" stop-opacity="0"/></linearGradient>',
    rect(0, 0, 1600, 660, 'url(#sky)'),
    repeat(60, () =>
      circle(
        random() * 1600,
        random() * 300,
        0.8 + random() * 1.6,
        '#fff',
        `opacity="${(0.3 + random() * 0.6).toFixed(1)}"`,
      ),
    ),
    circle(430, 650, 95, '#ffe0a6'),
    rect(0, 560, 760, 6, '#ffd0a0', 'opacity="0.5" rx="3"'),
    rect(180, 520, 420, 5, '#ffd0a0', 'opacity="0.4" rx="3"'),
    rect(0, 648, 1600, 352, 'url(#sea)'),
    glints(random, 430, 652, 985, '#ffd39c'),
    polygon(
      [
        [1190, 318],
        [0, 170],
        [0, 400],
        [1190, 330],
      ],
      'url(#beam)',
    ),
    path(
      'M700 1000L742 880Q790 850 812 800L866 776L900 720L980 704L1030 672L1140 664H1260L1420 640L1600 610V1000Z',
      'url(#rock)',
    ),
    path(
      'M866 776L900 720L980 704L1030 672L1140 664H1260L1420 640L1600 610V650L1430 690L1250 700L1110 716L1000 760Z',
      '#6b8a5a',
    ),
    path('M742 880L866 846L930 900L860 1000H700Z', '#3a2e4a', 'opacity="0.8"'),
    path('M1010 1000L1090 850L1220 806L1330 1000Z', '#54445f', 'opacity="0.5"'),
    polygon(
      [
        [1146, 380],
        [1234, 380],
        [1254, 690],
        [1126, 690],
      ],
      '#f6efe4',
    ),
    stripes.join(''),
    polygon(
      [
        [1190, 380],
        [1234, 380],
        [1254, 690],
        [1190, 690],
      ],
      '#2a1f46',
      'opacity="0.2"',
    ),
    rect(1130, 366, 120, 18, '#2c2643', 'rx="4"'),
    rect(1154, 296, 72, 72, '#ffe9a3'),
    [1154, 1176, 1201, 1222].map(x => rect(x, 296, 4, 72, '#2c2643')).join(''),
    path('M1142 298Q1190 232 1238 298Z', '#b53a3a'),
    rect(1187, 232, 6, 30, '#2c2643'),
    circle(1190, 330, 190, 'url(#lamp)'),
    rect(1270, 610, 170, 76, '#efe3d2'),
    polygon(
      [
        [1256, 612],
        [1300, 566],
        [1412, 566],
        [1454, 612],
      ],
      '#a8433f',
    ),
    [1296, 1344, 1392].map(x => rect(x, 634, 24, 28, '#ffd77f')).join(''),
    polygon(
      [
        [250, 716],
        [250, 600],
        [322, 706],
      ],
      '#fff5e6',
    ),
    polygon(
      [
        [242, 706],
        [242, 622],
        [198, 706],
      ],
      '#f0d9cf',
    ),
    path('M180 716H330Q316 746 292 748H214Q192 742 180 716Z', '#2a2148'),
    gull(720, 300, 22, '#f6dfe0'),
    gull(790, 340, 15, '#f6dfe0'),
    path('M0 930Q160 905 330 932T690 928T1050 945T1600 925V1000H0Z', '#12163a'),
  )
}

/** A bank of cloud across the canvas, hanging in lobes below `base`. */
function cloudBank(random: Random, base: number, size: number, fill: string): string {
  const lobes = repeat(15, index => {
    const r = size * (0.65 + random() * 0.6)
    return ellipse(index * 118 - 20 + random() * 50, base - r * 0.1, r * 1.35, r * 0.8, fill)
  })
  return rect(0, 0, 1600, base, fill) + lobes
}

function rain(random: Random, drops: number, opacity: number): string {
  const d = repeat(drops, () => {
    const long = 24 + random() * 46
    return `M${(random() * 1700).toFixed(1)} ${(random() * 1000).toFixed(1)}l${(-long * 0.35).toFixed(1)} ${long.toFixed(1)}`
  })
  return path(d, 'none', `stroke="#c9d2f5" stroke-width="2" opacity="${opacity}"`)
}

/** Lightning over a seaside town whose lights are partly out. */
export function drawStorm(): string {
  const random = seeded(37)
  let x = -20
  let town = ''
  while (x < 1600) {
    const wide = 46 + random() * 74
    const high = 70 + random() * 190
    const lit = x < 520 || x > 1240
    town += rect(x, 760 - high, wide + 1, high, random() > 0.5 ? '#10172c' : '#141d36')
    for (let wx = x + 10; wx < x + wide - 14; wx += 20) {
      for (let wy = 776 - high; wy < 742; wy += 26) {
        if (lit && random() > 0.45) town += rect(wx, wy, 9, 13, random() > 0.3 ? '#ffd67a' : '#ffb35c')
      }
    }
    x += wide
  }
  const bolt = 'M905 210L842 400L888 396L812 560L868 552L800 742L926 510L868 520L944 362L894 368L968 210Z'
  const branch = 'M888 396L960 470L944 474L1020 566L928 484L946 478L876 412Z'
  return canvas(
    gradient('sky', [0, '#12162f'], [60, '#3a4270'], [100, '#6d6f97']) +
      gradient('sea', [0, '#3b4670'], [100, '#0b1024']) +
      glow('flash', [0, '#f4f0ff', 0.85], [35, '#b9b8f0', 0.4], [100, '#8f90d0', 0]),
    rect(0, 0, 1600, 1000, 'url(#sky)'),
    ellipse(890, 330, 660, 470, 'url(#flash)'),
    hills(random, 720, 120, '#262d52', 6),
    path(bolt, '#fffbe8'),
    path(branch, '#fff6d0', 'opacity="0.85"'),
    cloudBank(random, 250, 95, '#2c3462'),
    cloudBank(random, 180, 90, '#20274d'),
    cloudBank(random, 105, 80, '#171c3b'),
    cloudBank(random, 40, 70, '#10142c'),
    town,
    rect(0, 758, 1600, 242, 'url(#sea)'),
    glints(random, 860, 764, 985, '#d9dcff', 0.8),
    glints(random, 240, 764, 900, '#ffc873', 0.7),
    glints(random, 1440, 764, 900, '#ffc873', 0.5),
    rain(random, 140, 0.16),
    rain(random, 90, 0.32),
    path(
      'M0 900Q130 862 260 900T520 900T780 900T1040 900T1300 900T1600 890V1000H0Z',
      '#161d3c',
      'opacity="0.8"',
    ),
    path('M0 950Q170 912 340 950T680 946T1020 952T1360 946T1600 950V1000H0Z', '#090d1f'),
  )
}
