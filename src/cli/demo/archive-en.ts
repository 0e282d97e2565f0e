import type { ArchiveStory } from './types.ts'

const id = (number: string) => `0190a3c0-0000-7000-8000-0000000000${number}`
const picture = (number: string) => `0190a3c0-0000-7000-9000-0000000000${number}`

/** The English stories of the archive day. */
export const archiveEnglish: ArchiveStory[] = [
  {
    id: id('01'),
    at: '05:21',
    slug: 'black-sea-wind-farm-wins-approval',
    language: 'en',
    headline: 'Black Sea wind farm wins approval after night sitting',
    shortHeadline: 'Black Sea wind farm approved',
    summary:
      'The Maritime Planning Council has approved the first offshore wind farm in Bulgarian waters: 42 turbines east of Cape Kaliakra, to be built by Pontus Wind by the end of 2028.',
    body: `<p>The first offshore wind farm in Bulgarian waters was approved early on Friday, when the Maritime Planning Council voted 11 to three for a project of 42 turbines east of Cape Kaliakra.</p>
<p>The wind farm will have a capacity of 630 megawatts and is to be built by the Varna-based company Pontus Wind, which puts the cost at 2.9 billion leva. The first turbines should turn in the spring of 2027 and the last by the end of 2028, the company said after the sitting, which ended shortly before 5 a.m.</p>
<p>"The sea gives us wind on three days out of four. It would be strange to go on looking only at the land," Energy Minister Stoil Brezinski told reporters in Varna, where the Black Sea Energy Days are being held.</p>
<h2>Conditions</h2>
<p>The Council attached three conditions to its approval:</p>
<ul><li>no pile driving between 1 April and 15 June, when dolphins calve;</li><li>a corridor two nautical miles wide for fishing boats;</li><li>radar that stops the turbines when flocks of migrating birds approach.</li></ul>
<p>The environmental group Clean Shelf said that it would read the full decision before saying whether it would appeal. It has 14 days to do so.</p>`,
    dateline: 'VARNA, July 12',
    byline: 'Ivaylo Vranchev',
    signOff: '/IV/',
    section: 'economy',
    tags: [
      'energy',
      'wind-power',
      'environment',
      'black-sea',
      'varna',
      'stoil-brezinski',
      'pontus-wind',
      'black-sea-energy-days',
    ],
    leadMedia: picture('01'),
    media: [picture('02'), picture('03')],
    urgency: 2,
    story: id('01'),
  },
  {
    id: id('03'),
    at: '09:10',
    slug: 'plovdiv-museum-counts-record-visitors',
    language: 'en',
    headline: 'Plovdiv museum counts record number of visitors',
    summary:
      'The Museum of the Seven Hills in Plovdiv had 421,000 visitors in 2023, the most since it opened in 1931.',
    body: `<p>The Museum of the Seven Hills had 421,000 visitors in 2023, the most in its 93 years, director Miroslava Tonkovska said on Friday as she presented the annual report.</p>
<p>Every third visitor came from abroad, most of them from Romania, Greece and Germany. The hall of Thracian vessels remains the best attended, followed by the Roman mosaics, which returned from restoration last autumn.</p>
<p>"People stay longer than they used to: an hour and fifty minutes on average. That pleases me more than the record itself," Tonkovska said.</p>
<p>The museum will keep its doors open until 10 p.m. on Thursdays until the end of September. Admission is free for children under 14.</p>`,
    dateline: 'PLOVDIV, July 12',
    signOff: '/NS/',
    section: 'culture',
    tags: ['museums', 'plovdiv', 'miroslava-tonkovska'],
    leadMedia: picture('05'),
    urgency: 5,
    correction: {
      at: '13:45',
      note: 'The number of visitors in 2023 was 412,000, not 421,000.',
      summary:
        'The Museum of the Seven Hills in Plovdiv had 412,000 visitors in 2023, the most since it opened in 1931.',
      body: `<p>The Museum of the Seven Hills had 412,000 visitors in 2023, the most in its 93 years, director Miroslava Tonkovska said on Friday as she presented the annual report.</p>
<p>Every third visitor came from abroad, most of them from Romania, Greece and Germany. The hall of Thracian vessels remains the best attended, followed by the Roman mosaics, which returned from restoration last autumn.</p>
<p>"People stay longer than they used to: an hour and fifty minutes on average. That pleases me more than the record itself," Tonkovska said.</p>
<p>The museum will keep its doors open until 10 p.m. on Thursdays until the end of September. Admission is free for children under 14.</p>`,
    },
  },
  {
    id: id('04'),
    at: '10:02',
    slug: 'sofia-tram-line-to-close-for-a-year',
    language: 'en',
    headline: 'Sofia tram line to close for a year',
    summary:
      'The tram line to the southern districts of Sofia will close for a year while its track is replaced.',
    body: `<p>The tram line that links the centre of Sofia with the southern districts will close for a year from Monday while its track is replaced, according to a document seen by Dateline Demo.</p>
<p>Buses will run in place of the trams every six minutes at peak hours. The line carries some 38,000 passengers on a working day.</p>
<p>Capital Tramways, which runs the line, had no immediate comment.</p>`,
    dateline: 'SOFIA, July 12',
    signOff: '/PD/',
    section: 'society',
    tags: ['public-transport', 'sofia', 'capital-tramways'],
    leadMedia: picture('06'),
    urgency: 4,
    withdrawal: {
      notice:
        'This story has been withdrawn: the document it was based on was misread. The tram line will close for a month, not for a year.',
      reason:
        'Reporter took the length of the whole track programme for the length of the closure; Capital Tramways called at 10:40.',
      replacement: id('06'),
    },
  },
  {
    id: id('05'),
    at: '01:40',
    slug: 'overnight-storm-cuts-power-in-burgas',
    language: 'en',
    headline: 'Overnight storm cuts power in Burgas',
    summary:
      'Some 14,000 homes in Burgas are without power after a thunderstorm; no one has been reported hurt.',
    body: `<p>A thunderstorm cut the power to some 14,000 homes in Burgas shortly after midnight on Friday, the district crisis staff said. No one has been reported hurt.</p>
<p>Lightning struck a substation in the north of the city at 12:25 a.m. and gusts of up to 27 metres a second brought down branches on overhead lines in three districts. The hospital and the water pumps are running on generators.</p>
<p>Crews expect to restore most of the supply before daybreak. Drivers are asked to keep away from the coastal road near the salt pans, where water covers both lanes.</p>`,
    dateline: 'BURGAS, July 12',
    signOff: '/RZ/',
    section: 'weather',
    tags: ['energy', 'burgas', 'black-sea-coast'],
    leadMedia: picture('04'),
    urgency: 1,
    story: id('05'),
  },
  {
    id: id('06'),
    at: '11:25',
    slug: 'sofia-tram-line-to-close-for-a-month',
    language: 'en',
    headline: 'Sofia tram line to close for a month',
    summary:
      'The tram line to the southern districts of Sofia will close from 15 July to 14 August for track work; buses will replace it.',
    body: `<p>The tram line that links the centre of Sofia with the southern districts will close from 15 July to 14 August while 1.8 kilometres of track are replaced, Capital Tramways said on Friday.</p>
<p>Buses will run in place of the trams every six minutes at peak hours and every ten at other times. They will call at all stops of the line and accept the same tickets and cards.</p>
<p>The closure is part of a track programme that lasts a year and goes on to two more lines in the autumn. Neither of them will close altogether, the company said.</p>
<p>The line carries some 38,000 passengers on a working day. Summer was chosen because there are a third fewer of them when schools are out.</p>`,
    dateline: 'SOFIA, July 12',
    signOff: '/PD/',
    section: 'society',
    tags: ['transport', 'public-transport', 'sofia', 'capital-tramways'],
    leadMedia: picture('06'),
    urgency: 4,
    story: id('06'),
  },
  {
    id: id('08'),
    at: '08:00',
    slug: 'what-the-wind-farm-means-for-power-prices',
    language: 'en',
    kind: 'analysis',
    headline: 'Analysis: What the wind farm means for power prices',
    summary:
      'The turbines off Kaliakra will lower wholesale prices at night and in winter. Household bills will hardly notice before 2029.',
    body: `<p>A wind farm does not make power cheap by itself. It pushes dearer plants out of the queue in the hours when the wind blows, and off Cape Kaliakra the wind blows mostly at night and in winter.</p>
<p>If the 42 turbines had stood there last year, they would have covered some six per cent of consumption. By our reckoning, based on hourly data, the average wholesale price would have been between two and three per cent lower; in January alone, up to seven.</p>
<h2>The grid decides</h2>
<p>How much of that reaches the customer depends on the line to the Varna substation. Without it, the turbines will be stopped on the windiest nights, and those are the very nights when they are worth most.</p>
<p>Households on regulated tariffs would see the effect with a year's delay. Industry, which buys on the exchange, would feel it at once. For that reason the chemical works near Devnya were among the first to offer Pontus Wind a long-term contract.</p>
<p>The greatest uncertainty is not the wind but interest rates: two thirds of the cost of the project is borrowed money.</p>`,
    byline: 'Boyan Klisurski',
    signOff: '/BK/',
    section: 'economy',
    tags: ['energy', 'wind-power', 'markets', 'bulgaria', 'pontus-wind', 'market-watch'],
    leadMedia: picture('08'),
    media: [picture('03')],
    urgency: 6,
    access: 'subscribers',
    usageTerms: 'For subscribers only. Not for publication before the next working day.',
  },
  {
    id: id('09'),
    at: '12:10',
    slug: 'parliament-backs-river-crossings-bill-at-first-reading',
    language: 'en',
    headline: 'Parliament backs river crossings bill at first reading',
    summary: 'The bill sets up a fund for ferries and bridges on the Danube, paid for by freight tolls.',
    body: `<p>Parliament on Friday approved at first reading a bill that sets up a fund for new ferries and bridges on the Danube, with 131 votes in favour, 42 against and 18 abstentions.</p>
<p>The fund is to receive a tenth of the tolls that lorries pay in the six districts along the river, or some 24 million leva a year. Its first task would be ferries that sail all year round at two crossings west of Ruse.</p>
<p>Opponents of the bill said that the money would be taken from the repair of local roads.</p>`,
    dateline: 'SOFIA, July 12',
    signOff: '/NS/',
    section: 'politics',
    tags: ['transport', 'danube', 'bulgaria'],
    leadMedia: picture('09'),
    urgency: 3,
    update: {
      at: '16:20',
      note: 'Adds the date of the second reading and the reaction of the municipalities.',
      body: `<p>Parliament on Friday approved at first reading a bill that sets up a fund for new ferries and bridges on the Danube, with 131 votes in favour, 42 against and 18 abstentions.</p>
<p>The fund is to receive a tenth of the tolls that lorries pay in the six districts along the river, or some 24 million leva a year. Its first task would be ferries that sail all year round at two crossings west of Ruse.</p>
<p>The second reading will be on 26 July, the Speaker's office said in the afternoon.</p>
<p>The Union of Riverside Municipalities welcomed the bill but asked for a seat on the board of the fund. "Those who wait four hours for a ferry should have a say in where the next one sails," the Union said.</p>
<p>Opponents of the bill said that the money would be taken from the repair of local roads.</p>`,
    },
  },
]
