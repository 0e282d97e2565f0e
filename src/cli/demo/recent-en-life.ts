import type { RecentStory } from './types.ts'

const id = (number: string) => `0190a3c0-0000-7000-8000-000000000${number}`
const picture = (number: string) => `0190a3c0-0000-7000-9000-0000000000${number}`

/** English stories of the last four days: society, culture and sport. */
export const recentEnglishLife: RecentStory[] = [
  {
    id: id('104'),
    daysAgo: 1,
    at: '12:05',
    slug: 'sofia-schools-to-cook-their-own-lunches',
    language: 'en',
    headline: 'Sofia schools to cook their own lunches',
    summary: 'Twelve schools in Sofia will have kitchens again after years of deliveries in plastic boxes.',
    body: `<p>Twelve schools in Sofia are to cook lunch on their own premises again, the city's education department said. For the past ten years their meals have been delivered in plastic boxes.</p>
<p>The kitchens will be shared: each will cook for its own pupils and for one kindergarten nearby. Menus will be posted a week ahead, with the farms that the food comes from.</p>
<p>A trial at one school in the Lyulin district halved the amount of food thrown away. "It turned out that children do eat lentils. They only want them warm," said the headmistress, Galina Perunova.</p>`,
    dateline: 'SOFIA',
    signOff: '/RZ/',
    section: 'society',
    tags: ['education', 'health', 'sofia'],
    urgency: 5,
  },
  {
    id: id('106'),
    daysAgo: 2,
    at: '10:00',
    slug: 'roman-mosaic-returns-to-its-floor-in-plovdiv',
    language: 'en',
    headline: 'Roman mosaic returns to its floor in Plovdiv',
    summary: 'After four years of restoration, a mosaic of 60 square metres lies again where it was found.',
    body: `<p>A Roman mosaic of 60 square metres has been laid again on the very floor where it was found, after four years in the workshops of the Museum of the Seven Hills in Plovdiv.</p>
<p>Restorers cleaned and numbered some 310,000 stones. The gaps have been filled with plain mortar of a lighter shade, so that visitors can see what is old and what is not.</p>
<p>"We were often asked to complete the bird in the corner. We do not know what it looked like, so we shall not invent it," director Miroslava Tonkovska said.</p>
<p>The mosaic can be seen from a glass walkway. Groups are limited to 20 people, and the first two hours of each day are kept for schools.</p>`,
    dateline: 'PLOVDIV',
    signOff: '/NS/',
    section: 'culture',
    tags: ['museums', 'plovdiv', 'miroslava-tonkovska'],
    leadMedia: picture('05'),
    urgency: 5,
    story: id('106'),
  },
  {
    id: id('107'),
    daysAgo: 2,
    at: '22:10',
    slug: 'morski-orel-win-coastal-derby-with-late-goal',
    language: 'en',
    headline: 'Morski Orel win coastal derby with late goal',
    summary: 'Captain Kaloyan Vetrinski scored in the 93rd minute as Morski Orel beat Burgas Sailors 2-1.',
    body: `<p>A goal by Kaloyan Vetrinski in the third minute of added time gave Morski Orel a 2-1 win over Burgas Sailors in front of 9,400 spectators in Varna.</p>
<p>The visitors took the lead after 20 minutes from a corner. Morski Orel drew level just before the break, hit the bar twice in the second half and had almost settled for a draw when their captain shot low from the edge of the box.</p>
<p>"I saw one green line between six legs and aimed for it," Vetrinski said.</p>
<p>Morski Orel stay second in the table, a point behind Planinets of Sofia.</p>`,
    dateline: 'VARNA',
    signOff: '/BK/',
    section: 'sport',
    tags: ['football', 'team-sports', 'varna', 'burgas', 'kaloyan-vetrinski', 'morski-orel'],
    leadMedia: picture('07'),
    urgency: 4,
  },
  {
    id: id('111'),
    daysAgo: 3,
    at: '15:45',
    slug: 'mobile-clinic-reaches-ten-danube-villages',
    language: 'en',
    headline: 'Mobile clinic reaches ten Danube villages',
    summary:
      'A lorry with two surgeries and an X-ray room visits villages that have had no doctor for years.',
    body: `<p>A lorry fitted out with two surgeries and an X-ray room has begun to visit ten villages on the Danube west of Ruse, where no doctor has practised for years.</p>
<p>It stays for a day in each village every fortnight. In its first month the team examined 640 people; 31 of them were sent to hospital, some by ambulance.</p>
<p>The clinic is paid for by five municipalities and a foundation of Bulgarians who work abroad. "For many of our patients we are the first visitors in a week. That, too, is a part of the treatment," said Dr Lyudmil Karastev, who leads the team.</p>`,
    dateline: 'RUSE',
    signOff: '/RZ/',
    section: 'society',
    tags: ['health', 'danube', 'bulgaria'],
    leadMedia: picture('09'),
    urgency: 5,
  },
  {
    id: id('113'),
    daysAgo: 4,
    at: '13:15',
    slug: 'lighthouse-film-festival-calls-for-first-films',
    language: 'en',
    headline: 'Lighthouse Film Festival calls for first films',
    summary: 'Directors from the countries around the Black Sea may send in their first feature film.',
    body: `<p>The Lighthouse Film Festival in Burgas has invited directors from all the countries around the Black Sea to send in their first feature films.</p>
<p>A jury of three will choose six of them for the opening night on the pier. The prize is 20,000 euros and a month in a flat at the foot of the old lighthouse, where the winner may write the next script.</p>
<p>Films must be no more than two years old and at least 60 minutes long. There is no entry fee; rules and forms are on <a href="https://lighthouse-festival.example/entries">the festival's site</a>.</p>`,
    dateline: 'BURGAS',
    signOff: '/NS/',
    section: 'culture',
    tags: ['burgas', 'black-sea', 'lighthouse-film-festival'],
    leadMedia: picture('02'),
    urgency: 6,
  },
  {
    id: id('114'),
    daysAgo: 4,
    at: '17:30',
    slug: 'opinion-a-city-is-measured-by-its-last-tram',
    language: 'en',
    kind: 'opinion',
    headline: 'A city is measured by its last tram',
    summary: 'Whoever plans a timetable decides who may stay out late, writes Rada Zhelyova.',
    body: `<p>The last tram tells you more about a city than its first. The first one carries those who must go to work. The last one carries those who may stay: at the theatre, at a friend's table, at the bedside of somebody who is ill.</p>
<p>In Sofia it leaves before midnight. After that the city belongs to those who own a car or can pay for one. Nobody ever voted for this; it is what was left when the timetable had been cut from both ends.</p>
<p>Capital Tramways now proposes to run three lines through the night at weekends. The cost, by its own figures, is that of 400 metres of new boulevard.</p>
<p>We should not ask whether the night trams will be full. We do not ask it of street lamps.</p>`,
    byline: 'Rada Zhelyova',
    signOff: '/RZ/',
    section: 'society',
    tags: ['public-transport', 'transport', 'sofia', 'capital-tramways'],
    leadMedia: picture('06'),
    urgency: 7,
    access: 'subscribers',
  },
  {
    id: id('115'),
    daysAgo: 4,
    at: '20:10',
    slug: 'rowers-from-ruse-set-national-record',
    language: 'en',
    headline: 'Rowers from Ruse set national record',
    summary:
      'The women’s four of the Danube Star club took two seconds off a record that had stood for 19 years.',
    body: `<p>The women's four of the Danube Star club from Ruse has set a national record over 2,000 metres, two seconds faster than the one that had stood for 19 years.</p>
<p>The crew rowed the distance on the canal near Plovdiv in 6 minutes 38.4 seconds, with a light wind from behind. Two of its members are still at school.</p>
<p>"On the Danube we train against the stream. On still water the boat seems to fly by itself," said stroke Ralitsa Dunavska.</p>
<p>The federation will decide next week whether the crew is to start at the European championships.</p>`,
    dateline: 'PLOVDIV',
    signOff: '/BK/',
    section: 'sport',
    tags: ['team-sports', 'plovdiv', 'danube'],
    urgency: 6,
  },
]
