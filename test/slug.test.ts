import fc from 'fast-check'
import t from 'tap'
import { numberSlug, slugify, slugRule } from '../src/slug.ts'

const uuid = '0190d6a0-1111-7000-8000-0123456789ab'

t.test('Bulgarian is written as the transliteration act has it', async t => {
  t.equal(slugify('България', 'story', 'bg'), 'bulgaria')
  t.equal(slugify('„БЪЛГАРИЯ“ и Българията', 'story', 'bg'), 'bulgaria-i-balgariyata')
  t.equal(slugify('Щъркелът на Жана ходи в Цюрих', 'story', 'bg'), 'shtarkelat-na-zhana-hodi-v-tsyurih')
  t.equal(slugify('Мария, Италия и приятели', 'story', 'bg'), 'maria-italia-i-priyateli')
  t.equal(slugify('шофьор, чай, ѝ', 'story', 'bg'), 'shofyor-chay-i')
  t.equal(slugify('ѝ й'.normalize('NFD'), 'story', 'bg'), 'i-y')
  t.equal(slugify('Ма\u0301рия', 'story', 'bg'), 'maria')
})

t.test('Russian, Ukrainian and Greek letters have simple Latin ones', async t => {
  t.equal(slugify('мыло, эхо, ёлка', 'story'), 'mylo-eho-yolka')
  t.equal(slugify('їжак, єдність, ґанок', 'story', 'en'), 'yizhak-yednisty-ganok')
  t.equal(slugify('Площадь, объём', 'story', 'ru'), 'ploshchad-obyom')
  t.equal(slugify('Αθήνα του Ψηφίου', 'story'), 'athina-tou-psifiou')
})

t.test('Latin diacritics and ligatures fold', async t => {
  t.equal(
    slugify('Café Straße Øresund Łódź Æsir Đà Þór ﬁn', 'story'),
    'cafe-strasse-oresund-lodz-aesir-da-thor-fin',
  )
  t.equal(slugify('Müller fährt', 'story', 'de-AT'), 'mueller-faehrt')
  t.equal(slugify('Müller', 'story'), 'muller')
})

t.test('quotes and apostrophes part no word', async t => {
  t.equal(slugify('Today`s news: it’s "so" Brand™', 'story'), 'todays-news-its-so-brand')
  t.equal(slugify('soft\u00adhyphen', 'story'), 'softhyphen')
})

t.test('a headline without a usable letter takes the fallback', async t => {
  for (const headline of ['', '日本語', '😀 — …', '***'])
    t.equal(slugify(headline, 'brief'), 'brief', headline)
  t.equal(slugify('日本語 2024', 'brief'), '2024')
})

t.test('a long headline is cut at a word, a longer word within', async t => {
  t.equal(slugify('word '.repeat(40), 'story'), Array(16).fill('word').join('-'))
  t.equal(slugify(`${'word '.repeat(16)}x`, 'story').length, 79)
  t.equal(slugify('ю'.repeat(100), 'story').length, 80)
})

t.test('a slug is never shaped like an id', async t => {
  t.equal(slugify(uuid.toUpperCase(), 'story'), `story-${uuid}`)
})

t.test('a numbered slug stays within 80', async t => {
  t.equal(numberSlug('news', 2), 'news-2')
  const long = slugify('word '.repeat(40), 'story')
  t.equal(numberSlug(long, 12), `${Array(15).fill('word').join('-')}-12`)
  t.equal(numberSlug('x'.repeat(80), 1000).length, 80)
})

t.test("an editor's slug is told what is wrong with it", async t => {
  for (const slug of ['a', 'news-2024', '2', 'x'.repeat(80)]) t.equal(slugRule(slug), undefined, slug)
  for (const slug of ['', '-a', 'a-', 'a--b', 'A', 'новина', 'a b', 'a_b', 'a\n', 'x'.repeat(81), uuid]) {
    t.type(slugRule(slug), 'string', slug)
  }
  t.match(slugRule(uuid), /UUID/)
})

t.test('whatever the headline, its slug and its numbered slug are good', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom(undefined, 'bg', 'ru', 'uk', 'de', 'constructor'),
        fc.integer({ min: 2, max: 1e6 }),
        (headline, language, n) => {
          const slug = slugify(headline, 'story', language)
          return slugRule(slug) === undefined && slugRule(numberSlug(slug, n)) === undefined
        },
      ),
    ),
  )
})
