import type { DailyStory } from './types.ts'

const picture = (number: string) => `0190a3c0-0000-7000-9000-0000000000${number}`

/** English stories that read right on any day. */
export const dailyEnglish: DailyStory[] = [
  {
    key: 'weather-outlook',
    language: 'en',
    headline: 'Weather outlook for {weekday}, {date}',
    summary:
      'Variable cloud over most of the country, a moderate wind along the coast and good visibility in the mountains.',
    body: `<p>{weekday} will bring variable cloud over most of Bulgaria, with longer sunny spells in the south, the duty forecaster said in the morning bulletin for {date}.</p>
<p>The wind will be light to moderate, from the north-west over the Danube plain and from the east along the Black Sea coast. Visibility in the mountains will be good until late in the afternoon.</p>
<p>In Sofia, the best hours for a walk will be those around noon. Patches of mist are possible before sunrise in the valleys and along the Danube.</p>`,
    dateline: 'SOFIA',
    signOff: '/RZ/',
    section: 'weather',
    tags: ['bulgaria', 'sofia', 'black-sea-coast', 'danube'],
    leadMedia: picture('10'),
    urgency: 5,
  },
  {
    key: 'calendar',
    language: 'en',
    kind: 'advisory',
    headline: 'Calendar of the day: {weekday}, {date}',
    summary: 'What the newsroom plans to cover on {date}.',
    body: `<p>The newsroom plans to cover the following on {weekday}, {date}. All times are Sofia time and may change.</p>
<ul><li>8:30 a.m. – morning weather and traffic bulletin;</li><li>10:00 a.m. – Sofia: briefing of the city transport staff;</li><li>noon – Plovdiv: guided tour of the Museum of the Seven Hills;</li><li>5:30 p.m. – market summary;</li><li>8:00 p.m. – sports round-up.</li></ul>
<p>Pictures of each event follow within an hour. Editors who need more may write to the duty desk until 9 p.m. A new calendar is sent every evening.</p>`,
    signOff: '/RZ/',
    section: 'society',
    tags: ['calendar', 'bulgaria'],
    urgency: 7,
    usageTerms: 'For planning only. Not for publication.',
  },
  {
    key: 'morning-traffic',
    language: 'en',
    kind: 'brief',
    headline: 'Morning traffic in Sofia: what to know',
    summary: 'Slow traffic is usual at the large junctions; trams and the underground run to timetable.',
    body: `<p>Traffic in Sofia is at its usual level for the hour, the transport control room said on {weekday} morning. It expects slow stretches at the large junctions of the ring road.</p>
<p>Trams and underground trains run to timetable. No closures have been announced beyond those already known.</p>
<p>Drivers are reminded that parking on tram tracks, even for a minute, stops a whole line.</p>`,
    dateline: 'SOFIA',
    signOff: '/PD/',
    section: 'society',
    tags: ['transport', 'public-transport', 'sofia', 'capital-tramways'],
    leadMedia: picture('06'),
    urgency: 6,
  },
  {
    key: 'market-outlook',
    language: 'en',
    headline: 'Market watch: what investors look at next',
    summary: 'Energy shares, company reports and interest rates set the tone in Sofia.',
    body: `<p>Energy shares and company reports remain at the centre of attention for investors in Sofia, brokers said in their note of {date}.</p>
<p>Three questions will decide the direction of the next session: whether turnover stays above its monthly average, how the larger exchanges in the region perform, and what the banks say about the price of credit.</p>
<p>"In a small market one large order is the news. One has to know whether it is also a reason," said Hristina Lomska, a trader with a brokerage in Sofia.</p>
<p>Opening and closing levels follow in the market summary of the day.</p>`,
    dateline: 'SOFIA',
    signOff: '/BK/',
    section: 'economy',
    tags: ['markets', 'market-watch', 'sofia'],
    leadMedia: picture('08'),
    urgency: 6,
  },
  {
    key: 'power-mix',
    language: 'en',
    headline: 'Wind and sun share the load on the grid',
    summary: 'The grid is balanced and no cuts are planned, the control room said on {weekday}.',
    body: `<p>Bulgaria's power grid is balanced and no cuts are planned, the national control room said on {weekday}.</p>
<p>As on most days, solar plants carry the largest share around noon and wind farms in the north-east take over part of the load after dark. Hydropower stations are kept for the evening peak.</p>
<p>Exchange with neighbouring countries goes both ways. Customers who pay by the hour will find the cheapest hours early in the afternoon.</p>
<p>Planned repairs of lines are announced at least three days ahead on the notice boards of the municipalities concerned.</p>`,
    dateline: 'SOFIA',
    signOff: '/BK/',
    section: 'economy',
    tags: ['energy', 'wind-power', 'bulgaria'],
    leadMedia: picture('03'),
    urgency: 6,
  },
  {
    key: 'parliament-agenda',
    language: 'en',
    headline: 'Parliament: what is on the agenda',
    summary:
      'The river crossings fund, open data and the grid bill are the main items before the committees.',
    body: `<p>The river crossings fund, the open data bill and the bill on electricity networks are the main items before the committees of Parliament, according to the agenda as it stood on {date}.</p>
<p>Committees hear experts and the public before each reading. Written opinions can be sent until noon on the day before a sitting and are published with the minutes.</p>
<p>Visitors may follow debates from the gallery; groups have to register. All sittings can be watched live on the internet.</p>`,
    dateline: 'SOFIA',
    signOff: '/NS/',
    section: 'politics',
    tags: ['bulgaria', 'sofia', 'energy'],
    leadMedia: picture('10'),
    urgency: 5,
  },
  {
    key: 'plovdiv-exhibition',
    language: 'en',
    headline: 'Plovdiv exhibition shows how a mosaic is mended',
    summary:
      'Restorers work behind glass at the Museum of the Seven Hills, and answer questions at the end of each hour.',
    body: `<p>Visitors to the Museum of the Seven Hills in Plovdiv can watch restorers at work on a Roman mosaic behind a glass wall. At the end of each hour the team answers questions.</p>
<p>The exhibition has 40 tools, from a Roman trowel to a laser the size of a pen, and a table where children can lay a mosaic of their own.</p>
<p>"Patience is our most expensive material," says director Miroslava Tonkovska.</p>
<p>The museum is open from 10 a.m. to 6 p.m.; the last tour leaves an hour before closing time.</p>`,
    dateline: 'PLOVDIV',
    signOff: '/NS/',
    section: 'culture',
    tags: ['museums', 'plovdiv', 'miroslava-tonkovska'],
    leadMedia: picture('05'),
    urgency: 6,
  },
  {
    key: 'football-preview',
    language: 'en',
    headline: 'Football: Morski Orel prepare for their next match',
    summary: 'The Varna club trains with a full squad; captain Kaloyan Vetrinski is fit.',
    body: `<p>Morski Orel trained in Varna on {weekday} with a full squad ahead of their next match. Captain Kaloyan Vetrinski took part in the whole session.</p>
<p>The coaching staff worked on set pieces, from which the team has scored a third of its goals. The line-up will be announced an hour before the match.</p>
<p>"Each week there is one thing we do better than the week before. That is the whole plan," Vetrinski said.</p>
<p>Tickets are on sale at the ground and online. Children under 12 are admitted free of charge.</p>`,
    dateline: 'VARNA',
    signOff: '/BK/',
    section: 'sport',
    tags: ['football', 'varna', 'kaloyan-vetrinski', 'morski-orel'],
    leadMedia: picture('07'),
    urgency: 5,
  },
  {
    key: 'danube-levels',
    language: 'en',
    kind: 'brief',
    headline: 'Danube: river traffic runs normally',
    summary: 'Ships pass the Bulgarian stretch without restrictions, the river authority said on {date}.',
    body: `<p>Ships pass the Bulgarian stretch of the Danube without restrictions, the river authority said in its bulletin of {date}.</p>
<p>The fairway is marked along its full length. Skippers are asked to slow down at the ferry crossings and near the bridge at Ruse.</p>
<p>Water levels are measured every hour and shown on the boards at the river stations.</p>`,
    dateline: 'RUSE',
    signOff: '/PD/',
    section: 'world',
    tags: ['danube', 'transport'],
    leadMedia: picture('09'),
    urgency: 6,
  },
  {
    key: 'currency-guide',
    language: 'en',
    kind: 'brief',
    headline: 'Currencies: the euro and its neighbours',
    summary: 'Reference rates are fixed in the afternoon of every working day; traders see calm markets.',
    body: `<p>Currency markets in the region are calm, dealers in Sofia said in their morning note of {date}.</p>
<p>The euro's reference rates against the leu, the dinar and the lira are fixed in the afternoon of every working day and hold for accounts until the next one. Rates at exchange offices differ, and the offices have to show them at the entrance.</p>
<p>Travellers are advised to compare not only the rate but also the fee.</p>`,
    dateline: 'SOFIA',
    signOff: '/BK/',
    section: 'economy',
    tags: ['markets', 'market-watch'],
    urgency: 7,
  },
  {
    key: 'sea-bulletin',
    language: 'en',
    headline: 'Black Sea bulletin: moderate sea, good visibility',
    summary: 'Ports on the Bulgarian coast are open; small boats should watch the afternoon breeze.',
    body: `<p>The ports on the Bulgarian Black Sea coast are open and the sea is moderate, the harbour authorities in Varna and Burgas said on {weekday}.</p>
<p>Visibility is good. The breeze usually freshens in the afternoon, and small boats are advised to return before it does.</p>
<p>All lighthouses and buoys on the coast are in working order. Fishermen are reminded to keep clear of the survey ships off Cape Kaliakra, which cannot give way quickly.</p>
<p>The next bulletin will be issued in the evening.</p>`,
    dateline: 'VARNA',
    signOff: '/IV/',
    section: 'weather',
    tags: ['black-sea', 'black-sea-coast', 'varna', 'burgas'],
    leadMedia: picture('02'),
    urgency: 6,
  },
  {
    key: 'health-line',
    language: 'en',
    headline: 'When to call the doctor and when to wait',
    summary: 'A telephone line staffed by nurses takes pressure off emergency rooms in Sofia.',
    body: `<p>A telephone line staffed by experienced nurses helps people in Sofia decide whether they need an ambulance, a doctor or a night's rest. It is open on {weekday} as on every other day, around the clock.</p>
<p>Two calls out of three end with advice; one in ten with an ambulance. The average conversation lasts six minutes.</p>
<p>"The commonest question is about fever in small children. The commonest answer is: tell me how the child looks," said head nurse Tsvetomira Lakova.</p>
<p>The line does not replace the emergency number 112.</p>`,
    dateline: 'SOFIA',
    signOff: '/RZ/',
    section: 'society',
    tags: ['health', 'sofia'],
    urgency: 7,
  },
]
