import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { hasScope } from '../../http/auth.ts'
import type { Delivery } from '../../http/delivery.ts'
import { sendFile } from '../../http/files.ts'
import { listAnswer } from '../../http/list-answer.ts'
import { normalForm, openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, Limit, ref } from '../../http/schema.ts'
import type { FileStore } from './files.ts'
import { FileParams, fileAnswers, MediaListSchema, MediaSchema } from './media.schema.ts'
import { listLiveMediaRows } from './media.store.ts'
import { getLiveMedia } from './media.ts'
import { openPublicFile } from './public-files.ts'
import { parseRange } from './range.ts'
import { renderMedia } from './render-media.ts'

const path = '/v1/media'
/** A year at the reader, whose address changes with the bytes; a day at a shared cache, so that a takedown reaches it. */
const forEver = 'public, max-age=31536000, immutable, s-maxage=86400'

type Deps = { db: Db; delivery: Delivery; files: FileStore; publicUrl: string; language: string }

/** What readers see of media: what something live uses, and its bytes. */
export function mediaRoutes(app: App, { db, delivery, files, publicUrl, language }: Deps): void {
  const base = `${publicUrl}${path}`

  app.get(
    path,
    {
      schema: {
        operationId: 'listMedia',
        summary: 'List media',
        description: 'Media that live articles use, newest first.',
        tags: ['Media'],
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(MediaListSchema) }, 400, 401, 406, 429),
      },
    },
    (request, reply) => {
      const { query } = request
      const list = openPage(path, query, ['string'])
      return delivery.answer(request, reply, normalForm(path, query), async ({ live }) => {
        const found = await listLiveMediaRows(live, query.limit + 1, list.after?.[0])
        const { rows, page } = list.close(found, row => [row.id])
        return listAnswer(
          publicUrl,
          { data: rows.map(row => renderMedia(row, language, base)), page, meta: {} },
          ['media'],
        )
      })
    },
  )

  app.get(
    `${path}/:id`,
    {
      schema: {
        operationId: 'getMedia',
        summary: 'Read media',
        description: 'Caption, credit, rights and renditions of media that something live uses.',
        tags: ['Media'],
        params: closed({ id: Id({ examples: ['0190a3c0-0000-7000-9000-000000000001'] }) }),
        response: responses({ 200: ref(MediaSchema) }, 400, 401, 404, 406, 429),
      },
    },
    (request, reply) => {
      const { id } = request.params
      return delivery.answer(request, reply, `${path}/${id}`, async ({ live, embargo }) => ({
        body: renderMedia(await getLiveMedia(live, id, embargo), language, base),
        tags: [`media-${id}`],
      }))
    },
  )

  app.get(
    `${path}/:id/:contentHash/:file`,
    {
      schema: {
        operationId: 'getMediaFile',
        summary: 'Read the bytes of a rendition',
        description:
          'Take the address from `renditions[].url`. Ranges are served. The metadata of the uploaded file is not in ' +
          'them: no position, no serial number, no name, no thumbnail. They carry the caption, credit, rights and ' +
          'photographer of the media as XMP, a JPEG also as IPTC-IIM.',
        tags: ['Media'],
        params: FileParams,
        response: responses(fileAnswers, 400, 401, 404, 416, 429),
      },
    },
    async (request, reply) => {
      const { id, contentHash, file } = request.params
      const reach = request.key ? 'primary' : 'anywhere'
      const entitled = hasScope(request, 'articles:embargoed')
      const media = await db.read(reach, ({ live, embargo }) =>
        getLiveMedia(live, id, entitled ? embargo : undefined),
      )
      reply.headers({ 'cache-tag': `media-${id},bytes`, 'surrogate-key': `media-${id} bytes` })
      const caching = request.key ? 'private, no-store' : forEver
      const found = await openPublicFile(files, media, language, contentHash, file)
      return sendFile(request, reply, found, caching, parseRange)
    },
  )
}
