import { type Static, Type } from 'typebox'
import type { Head } from '../../db/db.ts'
import { fieldError } from '../../errors.ts'
import type { Answer } from '../../http/answer.ts'
import type { App } from '../../http/app-type.ts'
import type { Delivery } from '../../http/delivery.ts'
import { listAnswer, writtenList } from '../../http/list-answer.ts'
import { cursorMismatch, normalForm, openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Limit, ref } from '../../http/schema.ts'
import { formatInstant } from '../../instant.ts'
import {
  ArticleListSchema,
  ArticleQuery,
  ArticleSchema,
  RelatedListSchema,
  shape,
  VersionListSchema,
} from './articles.schema.ts'
import {
  countArticles,
  filterTags,
  getPublication,
  listArticles,
  listRelated,
  noArticle,
  placeOf,
  type Redirect,
  renderFound,
} from './articles.ts'
import { listHistory } from './relations.store.ts'
import { type Article, renderArticles } from './render.ts'
import { viewOf } from './view.ts'
import { type ArticleSettings, canonicalUrl, translationsOf } from './write-article.ts'

const path = '/v1/articles'
const params = closed({
  idOrSlug: Type.String({
    minLength: 1,
    maxLength: 80,
    pattern: '^[a-z0-9-]+$',
    description: 'The id, or the slug; an old slug redirects.',
    examples: ['black-sea-wind-farm-wins-approval'],
  }),
})
const moved = { 301: { description: 'An old slug: the article has another now.', type: 'null' } }

const defaultLimit = 20

/** How many articles a page has: all of `ids`, where the query names them. Throws 400 for `ids` with a page. */
function readLimit({ ids, limit, cursor }: Static<typeof ArticleQuery>): number {
  if (ids === undefined) return limit ?? defaultLimit
  const name = limit !== undefined ? 'limit' : cursor !== undefined ? 'cursor' : undefined
  if (name === undefined) return ids.length
  const detail = 'cannot stand beside `ids`: all of the ids come on one page'
  throw fieldError({ in: 'query', pointer: `/${name}`, code: 'with-ids', detail })
}

/** What readers see of articles. */
export function articleRoutes(
  app: App,
  { delivery, settings }: { delivery: Delivery; settings: ArticleSettings },
): void {
  app.get(
    path,
    {
      schema: {
        operationId: 'listArticles',
        summary: 'List articles',
        description:
          'Live articles, newest first, each with its section, tags and lead picture. Filters narrow it; a repeated ' +
          'parameter means any of its values. Follow `page.next` for more: the cost is the same on every page. A key ' +
          'with `articles:embargoed` finds what waits under embargo among them, each with its `embargoedUntil`.',
        tags: ['Articles'],
        querystring: ArticleQuery,
        response: responses({ 200: ref(ArticleListSchema) }, 400, 401, 406, 429, 503),
      },
    },
    (request, reply) => {
      const query = { ...request.query, limit: readLimit(request.query) }
      const list = openPage(path, query, ['number', 'string'], ['ids', 'fields', 'include'])
      return delivery.answer(request, reply, normalForm(path, query), async reading => {
        const { audience, live, head } = reading
        const found = await listArticles(reading, query, query.limit + 1, list.after)
        const { rows, page } = list.close(found, ({ row }) => [placeOf(row, query.sort), row.articleId])
        const total = query.count ? { total: await countArticles(reading, query) } : {}
        const view = viewOf(query, audience.subscribers, 'list')
        const data = await renderFound(live, settings, rows, view, head)
        const body = { data, page, meta: total }
        return writtenList(settings.publicUrl, body, filterTags(query), query.language)
      })
    },
  )

  app.get(
    `${path}/:idOrSlug`,
    {
      schema: {
        operationId: 'getArticle',
        summary: 'Read an article',
        description:
          'One article with its body, media, corrections and translations. A withdrawn one answers 410 with its ' +
          'tombstone; what the public does not see, 404. A key with `articles:embargoed` reads what waits under ' +
          'embargo, with its `embargoedUntil`.',
        tags: ['Articles'],
        params,
        querystring: closed(shape),
        response: responses({ 200: ref(ArticleSchema), ...moved }, 400, 401, 404, 406, 410, 429),
      },
    },
    (request, reply) => {
      const { query, params } = request
      const { idOrSlug } = params
      return delivery.answer(
        request,
        reply,
        normalForm(`${path}/${idOrSlug}`, query),
        async ({ audience, live, embargo, head }) => {
          const view = viewOf(query, audience.subscribers, 'article')
          const body = view.shown.has('body') ? view.bodyFormat : undefined
          const found = await getPublication(live, idOrSlug, embargo, body)
          if ('redirect' in found) return redirect(settings, found, '')
          const [article] = await renderFound(live, settings, [found], view, head)
          // It went while it was read.
          if (!article) throw noArticle()
          return articleAnswer(settings, article, head)
        },
      )
    },
  )

  app.get(
    `${path}/:idOrSlug/versions`,
    {
      schema: {
        operationId: 'listArticleVersions',
        summary: 'Read the history of an article',
        description:
          'Every version: its number, kind, time and public note. Older texts are for the newsroom.',
        tags: ['Articles'],
        params,
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(VersionListSchema), ...moved }, 400, 401, 404, 406, 410, 429),
      },
    },
    (request, reply) => {
      const { query, params } = request
      const { idOrSlug } = params
      const at = `${path}/${idOrSlug}/versions`
      // Bound to the article and not to the address it was asked by: its slug may change between two pages.
      const list = openPage(at, query, ['string', 'number'], [], `${path}/versions`)
      return delivery.answer(request, reply, normalForm(at, query), async ({ live, embargo }) => {
        const found = await getPublication(live, idOrSlug, embargo)
        if ('redirect' in found) return redirect(settings, found, '/versions')
        const { row } = found
        const [articleId, after] = list.after ?? [row.articleId, 0]
        if (articleId !== row.articleId) throw cursorMismatch()
        const most = query.limit + 1
        const versions = await listHistory(live, articleId, most, after)
        // What waits comes after what was.
        if (found.embargo) versions.push(...(await listHistory(found.embargo, articleId, most, after)))
        const { rows, page } = list.close(versions.slice(0, most), version => [articleId, version.number])
        const data = rows.map(({ number, kind, at: instant, note }) => ({
          number,
          kind,
          at: formatInstant(instant),
          ...(note === null ? {} : { note }),
        }))
        return listAnswer(settings.publicUrl, { data, page, meta: {} }, [`article-${row.articleId}`])
      })
    },
  )

  app.get(
    `${path}/:idOrSlug/related`,
    {
      schema: {
        operationId: 'listRelatedArticles',
        summary: 'List related articles',
        description:
          'Articles in the same language that share its tags, best first. A shared tag counts the more the rarer it is.',
        tags: ['Articles'],
        params,
        querystring: closed({ limit: Limit({ default: 10 }), ...shape }),
        response: responses({ 200: ref(RelatedListSchema), ...moved }, 400, 401, 404, 406, 410, 429),
      },
    },
    (request, reply) => {
      const { query, params } = request
      const { idOrSlug } = params
      const { limit } = query
      const at = `${path}/${idOrSlug}/related`
      return delivery.answer(request, reply, normalForm(at, query), async reading => {
        const { audience, live, embargo, head } = reading
        const found = await getPublication(live, idOrSlug, embargo)
        if ('redirect' in found) return redirect(settings, found, '/related')
        const { row } = found
        const rows = await listRelated(live, found, limit)
        const view = viewOf(query, audience.subscribers, 'list')
        const data = await renderArticles(live, settings, rows, view, head)
        const body = { data, page: { limit, hasMore: false }, meta: {} }
        return writtenList(settings.publicUrl, body, ['list', `article-${row.articleId}`])
      })
    },
  )
}

function articleAnswer(settings: ArticleSettings, { row, relations, parts }: Article, head: Head): Answer {
  const canonical = canonicalUrl(settings, row)
  const links = canonical === undefined ? [] : [`<${canonical}>; rel="canonical"`]
  const translations = translationsOf(row.articleId, relations)
  for (const sibling of translations) {
    const url = canonicalUrl(settings, sibling)
    if (url !== undefined) links.push(`<${url}>; rel="alternate"; hreflang="${sibling.language}"`)
  }
  const filed = [relations.section ?? [], relations.tags].flat()
  return {
    bytes: Buffer.concat(parts),
    tags: [
      `article-${row.articleId}`,
      `story-${row.storyId}`,
      ...filed.map(tag => `tag-${tag.slug}`),
      ...[relations.leadMedia ?? [], relations.media].flat().map(media => `media-${media.id}`),
      ...translations.map(sibling => `article-${sibling.articleId}`),
    ],
    also: filed.map(tag => `tag-${tag.id}`),
    language: row.language,
    // A caption or a translation may have changed since this version: the last commit is the one sure bound.
    lastModified: head.at,
    links,
  }
}

function redirect({ publicUrl }: ArticleSettings, to: Redirect, rest: string): Answer {
  return { location: `${publicUrl}${path}/${to.redirect}${rest}`, tags: [`article-${to.articleId}`] }
}
