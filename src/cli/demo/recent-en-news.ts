import type { RecentStory } from './types.ts'

const id = (number: string) => `0190a3c0-0000-7000-8000-000000000${number}`
const picture = (number: string) => `0190a3c0-0000-7000-9000-0000000000${number}`

/** English stories of the last four days: politics, economy, world and weather. */
export const recentEnglishNews: RecentStory[] = [
  {
    id: id('101'),
    daysAgo: 1,
    at: '06:30',
    slug: 'parliament-committee-backs-open-data-bill',
    language: 'en',
    headline: 'Parliament committee backs open data bill',
    summary:
      'Ministries would have to publish contracts and timetables in machine-readable form within a month.',
    body: `<p>A parliamentary committee has approved a bill that obliges ministries and municipalities to publish their contracts, timetables and measurements in machine-readable form, free of charge and within a month.</p>
<p>The bill had 14 votes in favour and two against after a sitting of five hours. It now goes to the full house.</p>
<p>"A scanned page is not open data. A citizen should be able to count with what the state publishes," said the committee's rapporteur, Desislav Yarebichki.</p>
<p>Small municipalities asked for more time. Under a compromise, those with fewer than 6,000 inhabitants would have a year to prepare and could use a shared platform.</p>`,
    dateline: 'SOFIA',
    signOff: '/NS/',
    section: 'politics',
    tags: ['bulgaria', 'sofia'],
    leadMedia: picture('10'),
    urgency: 4,
  },
  {
    id: id('102'),
    daysAgo: 1,
    at: '08:15',
    slug: 'varna-harbour-to-power-ships-from-the-shore',
    language: 'en',
    headline: 'Varna harbour to power ships from the shore',
    summary:
      'Four berths in Varna are to have electric connections for moored ships, so that engines need not run in port.',
    body: `<p>Moored ships in Varna will be able to switch off their engines and take electricity from the shore under a 19-million-euro project signed by the harbour authority.</p>
<p>The first two of four connections should be ready in 18 months. Each can feed a ship of up to 60,000 tonnes; together they will need about as much power as a town of 12,000 people.</p>
<p>A study commissioned by the harbour found that ships at berth cause a fifth of the fine dust in the quarters nearest the sea. "We can hear the engines at night and smell them in the morning. Both will end," said harbour master Plamen Gradishki.</p>
<p>The shipping lines that call at Varna were asked in advance; seven of the ten largest already have ships with the right sockets.</p>`,
    dateline: 'VARNA',
    byline: 'Ivaylo Vranchev',
    signOff: '/IV/',
    section: 'economy',
    tags: ['energy', 'environment', 'transport', 'varna', 'black-sea'],
    leadMedia: picture('02'),
    media: [picture('03')],
    urgency: 3,
    story: id('102'),
  },
  {
    id: id('103'),
    daysAgo: 1,
    at: '09:40',
    slug: 'danube-countries-agree-on-common-flood-maps',
    language: 'en',
    headline: 'Danube countries agree on common flood maps',
    summary: 'Experts of nine countries will draw one set of flood maps for the river instead of nine.',
    body: `<p>Experts from nine countries along the Danube have agreed to draw one common set of flood maps, so that a warning issued upstream means the same thing downstream.</p>
<p>At present each country measures the level of the river from its own zero and uses its own colours for danger. Under the agreement, reached after three days of talks in Vienna, all will use the same four steps and update them every three hours.</p>
<p>The maps will be public. The first of them will cover the stretch shared by Bulgaria and Romania, where gauges on both banks have long shown different figures.</p>
<p>"Water does not stop at the border to be measured again," the Bulgarian delegation said in a statement.</p>`,
    dateline: 'VIENNA',
    signOff: '/RZ/',
    section: 'world',
    tags: ['danube', 'environment'],
    leadMedia: picture('09'),
    urgency: 4,
  },
  {
    id: id('105'),
    daysAgo: 2,
    at: '02:15',
    slug: 'fog-closes-part-of-sofia-ring-road-overnight',
    language: 'en',
    kind: 'brief',
    headline: 'Fog closes part of Sofia ring road overnight',
    summary: 'A five-kilometre stretch of the southern ring road is closed after two minor collisions.',
    body: `<p>The police closed five kilometres of the southern arc of the Sofia ring road shortly after 1:30 a.m. because of thick fog and two minor collisions. No one was hurt.</p>
<p>Visibility has fallen below 40 metres in places. Traffic is being led through the city; lorries have to wait at the parking areas before the junctions.</p>
<p>The stretch is expected to open again at sunrise.</p>`,
    dateline: 'SOFIA',
    signOff: '/PD/',
    section: 'weather',
    tags: ['transport', 'sofia'],
    urgency: 2,
  },
  {
    id: id('108'),
    daysAgo: 2,
    at: '14:20',
    slug: 'pontus-wind-orders-its-first-service-vessel',
    language: 'en',
    headline: 'Pontus Wind orders its first service vessel',
    summary:
      'The ship will be built in Varna and will carry 40 technicians to the turbines off Cape Kaliakra.',
    body: `<p>Pontus Wind has ordered a service vessel for its wind farm off Cape Kaliakra from a shipyard in Varna, the company said. It did not give the price.</p>
<p>The ship will be 72 metres long, will carry 40 technicians and can stay at sea for a fortnight. Its gangway adjusts to the waves, so that crews can step onto a turbine in swells of up to two and a half metres.</p>
<p>The order secures work for 180 people at the yard for two years. A second vessel may follow once the first turbines turn.</p>
<p>Shares of companies that supply the project rose after the announcement.</p>`,
    dateline: 'VARNA',
    signOff: '/IV/',
    section: 'economy',
    tags: ['wind-power', 'energy', 'varna', 'pontus-wind', 'black-sea'],
    leadMedia: picture('01'),
    urgency: 5,
  },
  {
    id: id('109'),
    daysAgo: 3,
    at: '07:00',
    slug: 'sofia-shares-set-for-a-quiet-start',
    language: 'en',
    headline: 'Sofia shares set for a quiet start',
    summary: 'Brokers expect little movement at the opening as investors wait for company reports.',
    body: `<p>Shares in Sofia are expected to open little changed, with investors waiting for the quarterly reports of the large industrial companies, brokers said.</p>
<p>Turnover has been below its monthly average for three sessions in a row. Energy shares remain the most traded, followed by property funds.</p>
<p>"Nobody wants to be first. Everybody is ready to be second," said Hristina Lomska, a trader with a brokerage in Sofia.</p>
<p>On the commodity markets, power for the day ahead was slightly cheaper thanks to stronger wind in the region.</p>`,
    dateline: 'SOFIA',
    signOff: '/BK/',
    section: 'economy',
    tags: ['markets', 'market-watch', 'sofia'],
    leadMedia: picture('08'),
    urgency: 6,
  },
  {
    id: id('110'),
    daysAgo: 3,
    at: '11:30',
    slug: 'interview-stoil-brezinski-on-the-grid',
    language: 'en',
    kind: 'interview',
    headline: 'Stoil Brezinski: First the grid, then the subsidies',
    summary: 'The energy minister tells Dateline Demo why he would rather pay for lines than for panels.',
    body: `<p>Energy Minister Stoil Brezinski wants to spend the next programme for energy on lines and substations. He spoke to Dateline Demo in his office in Sofia.</p>
<h2>Minister, why lines?</h2>
<p>Because we have built more than we can carry. On a sunny Sunday we pay people to switch off. That is money for nothing.</p>
<h2>Will households lose their support for solar roofs?</h2>
<p>Those who have a contract keep it. For new ones we shall support batteries first. A battery in the cellar spares us a cable in the street.</p>
<h2>When will a customer notice the difference?</h2>
<p>In the villages, at once: fewer cuts. In the bill, in four or five years. I prefer to say that now rather than apologise later.</p>`,
    byline: 'Boyan Klisurski',
    signOff: '/BK/',
    section: 'politics',
    tags: ['energy', 'bulgaria', 'stoil-brezinski'],
    leadMedia: picture('03'),
    urgency: 5,
  },
  {
    id: id('112'),
    daysAgo: 4,
    at: '09:00',
    slug: 'night-train-from-sofia-to-the-adriatic-planned',
    language: 'en',
    headline: 'Night train from Sofia to the Adriatic planned',
    summary: 'Railways of three countries want to run sleeping cars to the coast twice a week.',
    body: `<p>The railways of three Balkan countries plan to run a night train between Sofia and the Adriatic coast twice a week, they said after a meeting in Skopje.</p>
<p>The journey would take 15 hours, three of which go on border checks. Talks are under way to have passports checked on the moving train.</p>
<p>The train would have four sleeping cars, a coach for bicycles and a dining car. Fares have not been set, but a bed should cost less than a flight with a suitcase, the railways said.</p>
<p>The last direct train on the route ran more than 30 years ago.</p>`,
    dateline: 'SKOPJE',
    signOff: '/PD/',
    section: 'world',
    tags: ['transport', 'sofia'],
    urgency: 5,
  },
]
