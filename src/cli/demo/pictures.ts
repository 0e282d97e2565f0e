import type { DemoPicture } from './types.ts'

const id = (number: string) => `0190a3c0-0000-7000-9000-0000000000${number}`
const rights = 'Drawn for the Dateline demo; free to use in any test or demonstration.'

/** The demo newsroom's pictures. */
export const demoPictures: DemoPicture[] = [
  {
    id: id('01'),
    scene: 'wind-farm',
    caption: 'Wind turbines turn at sea at sunrise, off Esbjerg in the North Sea, 14.05.2024.',
    credit: 'Dateline Demo/Elena Marinova',
    alt: 'White wind turbines on yellow foundations rise from a calm blue sea as the sun comes up behind them.',
    photographer: 'Elena Marinova',
    rights,
  },
  {
    id: id('02'),
    scene: 'lighthouse',
    caption:
      'The lighthouse on the cape throws its beam over the bay at dusk as a sailing boat heads home, Burgas, 10.07.2024.',
    credit: 'Dateline Demo/Todor Krastavin',
    alt: 'A red and white lighthouse on a rocky cape sends a beam of light across a purple evening sky; a small sailing boat is on the water.',
    photographer: 'Todor Krastavin',
    rights,
  },
  {
    id: id('03'),
    scene: 'pylons',
    caption: 'High-voltage lines cross harvested fields near the Varna substation, 09.07.2024.',
    credit: 'Dateline Demo/Elena Marinova',
    alt: 'A row of lattice pylons carries power lines over golden fields towards a setting sun.',
    photographer: 'Elena Marinova',
    rights,
  },
  {
    id: id('04'),
    scene: 'storm',
    caption: 'Lightning strikes behind darkened apartment blocks on the seafront, Burgas, 12.07.2024.',
    credit: 'Dateline Demo/Todor Krastavin',
    alt: 'A bolt of lightning under heavy clouds above a seaside town; the windows are lit at both ends and dark in the middle.',
    photographer: 'Todor Krastavin',
    rights,
  },
  {
    id: id('05'),
    scene: 'museum',
    caption:
      'Visitors look at clay vessels in the main hall of the Museum of the Seven Hills, Plovdiv, 05.07.2024.',
    credit: 'Dateline Demo/Vesela Hranova',
    alt: 'Three large clay amphorae stand lit in arched niches; three visitors cross a floor of coloured tiles.',
    photographer: 'Vesela Hranova',
    rights,
  },
  {
    id: id('06'),
    scene: 'tram',
    caption: 'A Capital Tramways car stops on a street of old houses in the centre of Sofia, 04.07.2024.',
    credit: 'Dateline Demo/Vesela Hranova',
    alt: 'A red and cream tram with passengers at the windows in front of a row of pastel-coloured houses.',
    photographer: 'Vesela Hranova',
    rights,
  },
  {
    id: id('07'),
    scene: 'stadium',
    caption: 'The stands fill up before an evening match at the Morski Orel ground, Varna, 18.05.2024.',
    credit: 'Dateline Demo/Boyan Klisurski',
    alt: 'A striped green football pitch under floodlights, with a full stand of spectators behind it.',
    photographer: 'Boyan Klisurski',
    rights,
  },
  {
    id: id('08'),
    scene: 'market-chart',
    caption: 'A screen shows share prices in a brokerage office, Sofia, 08.07.2024.',
    credit: 'Dateline Demo/Boyan Klisurski',
    alt: 'A dark screen with green and red candlestick bars and a rising yellow line.',
    photographer: 'Boyan Klisurski',
    rights,
  },
  {
    id: id('09'),
    scene: 'bridge',
    caption:
      'A barge loaded with containers passes under a bridge over the Danube at sunset, near Ruse, 02.07.2024.',
    credit: 'Dateline Demo/Elena Marinova',
    alt: 'A cable-stayed bridge spans a wide river at sunset; a barge with coloured containers sails beneath it.',
    photographer: 'Elena Marinova',
    rights,
  },
  {
    id: id('10'),
    scene: 'skyline',
    caption: 'Rooftops and golden domes under Mount Vitosha on a clear morning, Sofia, 11.07.2024.',
    credit: 'Dateline Demo/Vesela Hranova',
    alt: 'A city of low blocks and a church with three golden domes, with trees in front and a broad mountain behind.',
    photographer: 'Vesela Hranova',
    rights,
  },
]
