import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { sendFile } from '../../http/files.ts'
import { openPage } from '../../http/paging.ts'
import { actorOf, refuseIdempotencyKey } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, keyed, Limit, ref } from '../../http/schema.ts'
import { formatInstant, readInstant } from '../../instant.ts'
import { ArticleSchema, shape } from '../articles/articles.schema.ts'
import { type ViewQuery, viewOf } from '../articles/view.ts'
import type { ArticleSettings, MediaAddress } from '../articles/write-article.ts'
import type { FileStore } from '../media/files.ts'
import { FileParams, fileAnswers } from '../media/media.schema.ts'
import { getMedia } from '../media/media.ts'
import { openPublicFile } from '../media/public-files.ts'
import { parseRange } from '../media/range.ts'
import type { WorkingCopy } from './desk.store.ts'
import { getArticle } from './desk.ts'
import {
  NewPreviewLinkSchema,
  PreviewLinkInputSchema,
  PreviewLinkListSchema,
  PreviewLinkSchema,
} from './preview.schema.ts'
import { listPreviewLinkRows, type PreviewLinkRow } from './preview.store.ts'
import { createPreviewLink, noPreview, openPreview, renderPreview, revokePreviewLink } from './preview.ts'

const path = '/v1/editorial/articles'
const previews = '/v1/previews'
const unseen = { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' }

type Deps = { db: Db; files: FileStore; settings: ArticleSettings; now: () => number }

/** The working copy as readers would get it: for editors, and for whoever has a preview link. */
export function previewRoutes(app: App, { db, files, settings, now }: Deps): void {
  const { publicUrl } = settings
  const id = Id({ description: 'The id of the article.', examples: ['0190a3c0-0000-7000-8000-000000000001'] })
  const common = { tags: ['Editorial'], security: keyed }
  const readers = () => ({ desk: db.desk, live: db.primary.live, now: now() })
  const token = Type.String({
    pattern: '^[A-Za-z0-9_-]{43}$',
    maxLength: 43,
    description: 'The secret of the link, as it stands in its address.',
  })
  const link = Id({
    description: 'The id of the preview link.',
    examples: ['0190a3c0-0000-7000-b000-000000000001'],
  })

  async function answerPreview(
    reply: FastifyReply,
    copy: WorkingCopy,
    query: ViewQuery,
    address: MediaAddress,
  ): Promise<FastifyReply> {
    const bytes = await renderPreview(readers(), settings, copy, viewOf(query, true, 'article'), address)
    return reply.type('application/json; charset=utf-8').send(bytes)
  }

  app.get(
    `${path}/:id/preview`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'previewArticle',
        summary: 'Preview an article',
        description:
          'The working copy in exactly the form readers get articles in, as if it were published now. Its pictures ' +
          'are read with the same key.',
        ...common,
        params: closed({ id }),
        querystring: closed(shape),
        response: responses({ 200: ref(ArticleSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params, query }, reply) => {
      const copy = await getArticle(db.desk, params.id)
      const address = { base: `${publicUrl}/v1/editorial/media` }
      return answerPreview(reply, copy, query, address)
    },
  )

  app.get(
    `${path}/:id/preview-links`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listPreviewLinks',
        summary: 'List preview links',
        description:
          'The preview links of an article newest first, those that are over too. No secret is in it.',
        ...common,
        params: closed({ id }),
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(PreviewLinkListSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params, query }) => {
      await getArticle(db.desk, params.id)
      const list = openPage(`${path}/${params.id}/preview-links`, query, ['string'])
      const found = await listPreviewLinkRows(db.desk, params.id, query.limit + 1, list.after?.[0])
      const { rows, page } = list.close(found, row => [row.id])
      return { data: rows.map(linkOf), page, meta: {} }
    },
  )

  app.post(
    `${path}/:id/preview-links`,
    {
      // The link shows a working copy: a key that may not read it may not make the link.
      config: { scope: ['articles:write', 'articles:read'] },
      schema: {
        operationId: 'createPreviewLink',
        summary: 'Create a preview link',
        description:
          'An address that shows this one working copy, as it is whenever it is asked for, without a key: to let a ' +
          'front end render it. It works for 24 hours at most and can be revoked. The answer has it, this ' +
          'once; so no `Idempotency-Key` is taken here. The key needs `articles:read` besides `articles:write`.',
        ...common,
        params: closed({ id }),
        body: ref(PreviewLinkInputSchema),
        response: responses(
          { 201: ref(NewPreviewLinkSchema) },
          ...[400, 401, 403, 404, 409, 413, 415, 429, 503],
        ),
      },
      preValidation: async request => {
        if (request.body === undefined) request.body = {}
      },
    },
    async (request, reply) => {
      refuseIdempotencyKey(request)
      const { expiresAt } = request.body
      const until = expiresAt === undefined ? undefined : readInstant(expiresAt)
      const made = await db.write(actorOf(request), tx => createPreviewLink(tx, request.params.id, until))
      const url = `${publicUrl}${previews}/${made.row.id}?token=${made.token}`
      return reply.code(201).send({ ...linkOf(made.row), url })
    },
  )

  app.delete(
    `${path}/:id/preview-links/:link`,
    {
      config: { scope: 'articles:write' },
      schema: {
        operationId: 'revokePreviewLink',
        summary: 'Revoke a preview link',
        description: 'It shows nothing from the next request on.',
        ...common,
        params: closed({ id, link }),
        response: responses({ 200: ref(PreviewLinkSchema) }, 400, 401, 403, 404, 429, 503),
      },
    },
    async request => {
      const { id, link } = request.params
      return linkOf(await db.write(actorOf(request), tx => revokePreviewLink(tx, id, link)))
    },
  )

  app.get(
    `${previews}/:link`,
    {
      schema: {
        operationId: 'getPreview',
        summary: 'Read a preview',
        description:
          'What a preview link shows: the working copy in exactly the form readers get articles in. No key is needed, ' +
          'and nothing keeps it.',
        tags: ['Articles'],
        params: closed({ link }),
        querystring: closed({ token, ...shape }),
        response: responses({ 200: ref(ArticleSchema) }, 400, 401, 404, 406, 429),
      },
    },
    async ({ params, query: { token, ...query } }, reply) => {
      const copy = await openPreview(db.desk, params.link, token, now())
      reply.headers(unseen)
      const address = { base: `${publicUrl}${previews}/${params.link}/media`, query: `?token=${token}` }
      return answerPreview(reply, copy, query, address)
    },
  )

  app.get(
    `${previews}/:link/media/:id/:contentHash/:file`,
    {
      schema: {
        operationId: 'getPreviewFile',
        summary: "Read the bytes of a preview's picture",
        description: 'Take the address from `renditions[].url` of the preview.',
        tags: ['Articles'],
        params: closed({ link, ...FileParams.properties }),
        querystring: closed({ token }),
        response: responses(fileAnswers, 400, 401, 404, 416, 429),
      },
    },
    async (request, reply) => {
      const { link, id, contentHash, file } = request.params
      const copy = await openPreview(db.desk, link, request.query.token, now())
      if (copy.leadMediaId !== id && !copy.mediaIds.includes(id)) throw noPreview()
      const media = await getMedia(db.desk, id)
      const found = await openPublicFile(files, media, settings.language, contentHash, file)
      return sendFile(request, reply.headers(unseen), found, unseen['cache-control'], parseRange)
    },
  )
}

function linkOf(row: PreviewLinkRow): Static<typeof PreviewLinkSchema> {
  return {
    id: row.id,
    createdAt: formatInstant(row.createdAt),
    expiresAt: formatInstant(row.expiresAt),
    ...(row.revokedAt === null ? {} : { revokedAt: formatInstant(row.revokedAt) }),
    ...(row.keyId === null ? {} : { keyId: row.keyId }),
  }
}
