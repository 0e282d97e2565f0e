import { type Static, Type } from 'typebox'
import type { App } from '../../http/app-type.ts'
import type { Delivery } from '../../http/delivery.ts'
import { listAnswer } from '../../http/list-answer.ts'
import { normalForm, openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { anyOf, Cursor, closed, Language, Limit, ref, Slug, words } from '../../http/schema.ts'
import { tagKinds } from '../../words.ts'
import type { LiveTagRow } from './live-tags.store.ts'
import { TagListSchema, TagSchema } from './tags.schema.ts'
import { getLiveTag, listLiveTags, tagName } from './tags.ts'

const path = '/v1/tags'

/** What readers see of tags: those that something live uses. */
export function tagRoutes(app: App, deps: { delivery: Delivery; publicUrl: string; language: string }): void {
  const { delivery, publicUrl } = deps
  const language = Type.Optional(Language({ description: 'The language of `name`.', examples: ['bg'] }))

  app.get(
    path,
    {
      schema: {
        operationId: 'listTags',
        summary: 'List tags',
        description:
          'Tags that live articles use, by slug, each with the number of its articles. With `name`, those one of ' +
          'whose names begins so, by name.',
        tags: ['Tags'],
        querystring: closed({
          kind: Type.Optional(
            anyOf(words(tagKinds), { description: 'Any of these kinds.', examples: [['section']] }),
          ),
          name: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 200,
              description: 'The beginning of a name, in any language and case.',
            }),
          ),
          parent: Type.Optional(Slug({ description: 'Tags right beneath this one.' })),
          language,
          limit: Limit(),
          cursor: Type.Optional(Cursor()),
        }),
        response: responses({ 200: ref(TagListSchema) }, 400, 401, 406, 429),
      },
    },
    (request, reply) => {
      const { query } = request
      const list = openPage(path, query, ['string', 'string'])
      return delivery.answer(request, reply, normalForm(path, query), async ({ live }) => {
        const { kind, name, parent, limit } = query
        const filter = {
          limit: limit + 1,
          ...(kind ? { kinds: kind } : {}),
          ...(name ? { name } : {}),
          ...(parent ? { parent } : {}),
        }
        const { rows, page } = list.close(await listLiveTags(live, filter, list.after), row => row.place)
        const data = rows.map(row => tagOf(row, query.language))
        return listAnswer(publicUrl, { data, page, meta: {} }, ['tags'])
      })
    },
  )

  app.get(
    `${path}/:slug`,
    {
      schema: {
        operationId: 'getTag',
        summary: 'Read a tag',
        description: 'One tag that live articles use. The slug of a tag merged into another redirects to it.',
        tags: ['Tags'],
        params: closed({ slug: Slug({ examples: ['economy'] }) }),
        querystring: closed({ language }),
        response: responses(
          { 200: ref(TagSchema), 301: { description: 'Merged into another tag.', type: 'null' } },
          400,
          401,
          404,
          406,
          429,
        ),
      },
    },
    (request, reply) => {
      const { query, params } = request
      const { slug } = params
      return delivery.answer(request, reply, normalForm(`${path}/${slug}`, query), async ({ live }) => {
        const found = await getLiveTag(live, slug)
        // Its count changes with the articles that have it.
        const tags = [`tag-${slug}`, 'tags']
        return 'redirect' in found
          ? { location: `${publicUrl}${path}/${found.redirect}`, tags }
          : { body: tagOf(found, query.language), tags }
      })
    },
  )

  function tagOf(row: LiveTagRow, asked: string | undefined): Static<typeof TagSchema> {
    return {
      id: row.id,
      slug: row.slug,
      kind: row.kind,
      name: tagName(row.names, asked, deps.language),
      names: row.names,
      ...(row.parent === null ? {} : { parent: row.parent }),
      ...(row.mediaTopic === null ? {} : { mediaTopic: row.mediaTopic }),
      ...(row.wikidata === null ? {} : { wikidata: row.wikidata }),
      count: row.uses,
    }
  }
}
