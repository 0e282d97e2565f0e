import { describeCorpus } from './corpus.ts'

/** A request, asked over and over; `again` asks with the ETag that the first answer had. */
type Wanted = { path: string; headers?: Record<string, string>; again?: boolean }
/** What is measured; `small` where the yardstick's size is not that of the answer. */
export type Case = { name: string; asks: Wanted[]; small?: boolean }

/** What readers ask for most, of a corpus of so many articles. */
export async function readCases(port: number, articles: number): Promise<Case[]> {
  const corpus = describeCorpus(articles)
  const first = await fetch(`http://127.0.0.1:${port}/v1/articles?limit=20`)
  const { page } = (await first.json()) as { page: { next: string } }
  // A cursor is the place of a row behind the print of its list.
  const given = new URL(page.next, 'http://x').searchParams.get('cursor') as string
  const [print] = JSON.parse(Buffer.from(given, 'base64url').toString())
  const cursors = corpus.places.map(place =>
    Buffer.from(JSON.stringify([print, ...place])).toString('base64url'),
  )
  return [
    { name: 'slug', asks: corpus.slugs.map(slug => ({ path: `/v1/articles/${slug}` })) },
    { name: 'newest', asks: [{ path: '/v1/articles?limit=20' }] },
    { name: 'deep', asks: cursors.map(cursor => ({ path: `/v1/articles?limit=20&cursor=${cursor}` })) },
    { name: 'day', asks: [{ path: `/v1/days/${corpus.day}?limit=200` }] },
    { name: 'tag', asks: [{ path: `/v1/articles?tag=${corpus.tag}&limit=20` }] },
    {
      name: '304',
      asks: corpus.slugs.map(slug => ({ path: `/v1/articles/${slug}`, again: true })),
      small: true,
    },
  ]
}
