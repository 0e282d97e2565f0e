import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { fieldError } from '../../errors.ts'
import type { App } from '../../http/app-type.ts'
import type { Delivery } from '../../http/delivery.ts'
import { writtenList } from '../../http/list-answer.ts'
import { normalForm, openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { closed, Day, ref } from '../../http/schema.ts'
import { readInstant } from '../../instant.ts'
import { filterTags, readFilter } from '../articles/articles.ts'
import { renderArticles } from '../articles/render.ts'
import { viewOf } from '../articles/view.ts'
import type { ArticleSettings } from '../articles/write-article.ts'
import { findTimeZone, newsDayOf, newsDayWindow } from './newsday.ts'
import { DayQuery, DaySchema } from './today.schema.ts'
import { readDay } from './today.ts'

type Deps = {
  delivery: Delivery
  settings: ArticleSettings & { timeZone: string }
  now: () => number
}
type Query = Static<typeof DayQuery>

/** The today feed: the news day of now, or of a date. */
export function todayRoutes(app: App, { delivery, settings, now }: Deps): void {
  const schema = { tags: ['Today'], response: responses({ 200: ref(DaySchema) }, 400, 401, 406, 429, 503) }

  app.get(
    '/v1/today',
    {
      schema: {
        operationId: 'getToday',
        summary: "Read today's news",
        description:
          'The live articles of the news day that it is now in `timeZone`, newest first, complete enough for a front ' +
          'page: headline, summary, section, tags, and lead picture with caption, credit and renditions. `meta` has the ' +
          'clock it is cut at, as printed, and what the whole day has.',
        querystring: DayQuery,
        ...schema,
      },
    },
    (request, reply) => {
      const timeZone = readZone(request.query)
      return answerDay(request, reply, request.query, newsDayOf(now(), timeZone), timeZone, '/v1/today')
    },
  )

  app.get(
    '/v1/days/:date',
    {
      schema: {
        operationId: 'getDay',
        summary: 'Read the news of a day',
        description:
          'The live articles of a news day: the calendar day of `timeZone`, 23 or 25 hours long when clocks change. ' +
          '`asOf` cuts it at a clock.',
        params: closed({ date: Day({ description: 'The day.', examples: ['2024-07-12'] }) }),
        querystring: DayQuery,
        ...schema,
      },
    },
    (request, reply) => {
      const { date } = request.params
      return answerDay(request, reply, request.query, date, readZone(request.query), `/v1/days/${date}`)
    },
  )

  function readZone(query: Query): string {
    const zone = query.timeZone === undefined ? settings.timeZone : findTimeZone(query.timeZone)
    if (zone !== undefined) return zone
    throw fieldError({
      in: 'query',
      pointer: '/timeZone',
      code: 'unknown-zone',
      detail: 'must be an IANA time zone, such as Europe/Sofia',
    })
  }

  function answerDay(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Query,
    date: string,
    timeZone: string,
    path: string,
  ): Promise<FastifyReply> {
    const asOf = query.asOf === undefined ? undefined : readInstant(query.asOf)
    if (asOf !== undefined && asOf > now()) {
      throw fieldError({ in: 'query', pointer: '/asOf', code: 'future', detail: 'must not be ahead of now' })
    }
    // A page of today is a page of its day: a cursor taken before midnight goes on after it.
    const list = openPage(
      `/v1/days/${date}`,
      { ...query, timeZone },
      ['number', 'string'],
      ['fields', 'include'],
    )
    const form = normalForm(`/v1/days/${date}`, { ...query, timeZone })
    const today = path === '/v1/today'
    const until = today ? newsDayWindow(date, timeZone).to : undefined
    return delivery.answer(
      request,
      reply,
      form,
      async ({ audience, live, head }) => {
        const { rows: found, meta } = await readDay(live, head, {
          date,
          timeZone,
          asOf,
          filter: await readFilter(live, query),
          limit: query.limit + 1,
          after: list.after,
          language: query.language?.length === 1 ? (query.language[0] as string) : settings.language,
        })
        const { rows, page } = list.close(found, row => [row.publishedAt, row.articleId])
        const view = viewOf(query, audience.subscribers, 'list')
        const data = await renderArticles(live, settings, rows, view, head)
        const tags = [...filterTags(query), ...(today ? ['today'] : []), `day-${date}`]
        return writtenList(settings.publicUrl, { data, page, meta }, tags, query.language)
      },
      until,
    )
  }
}
