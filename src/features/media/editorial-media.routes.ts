import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { requireMatch } from '../../http/conditional.ts'
import { sendFile } from '../../http/files.ts'
import { openPage } from '../../http/paging.ts'
import { actorOf, answerOf, postOf, sendAnswer } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, IdempotencyKey, IfMatch, keyed, Limit, ref } from '../../http/schema.ts'
import { addForms, readUpload } from '../../http/upload.ts'
import { formatInstant } from '../../instant.ts'
import { revisionTag } from '../../revision.ts'
import { writeOnce } from '../idempotency/idempotency.ts'
import type { FileStore } from './files.ts'
import {
  EditorialMediaListSchema,
  EditorialMediaSchema,
  FileParams,
  fileAnswers,
  MediaPatchSchema,
  MediaUploadSchema,
  MediaWordsSchema,
} from './media.schema.ts'
import { listMediaRows, type MediaRow } from './media.store.ts'
import { createPicture, deleteMedia, getMedia, type MediaWords, patchMedia } from './media.ts'
import { getFile } from './picture-files.ts'
import { openPublicFile } from './public-files.ts'
import { parseRange } from './range.ts'
import { renderDeskMedia } from './render-media.ts'

const path = '/v1/editorial/media'

type Deps = { db: Db; files: FileStore; publicUrl: string; language: string; uploadLimit: number }

/** Media as the newsroom keeps it, used or not. */
export async function editorialMediaRoutes(
  app: App,
  { db, files, publicUrl, language, uploadLimit }: Deps,
): Promise<void> {
  // Here alone: nothing else takes a form.
  await addForms(app)
  const params = closed({
    id: Id({ description: 'The id of the media.', examples: ['0190a3c0-0000-7000-9000-000000000001'] }),
  })
  const common = { tags: ['Editorial'], security: keyed }

  app.get(
    path,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listEditorialMedia',
        summary: 'List all media',
        description: 'Everything uploaded or imported, newest first, used or not.',
        ...common,
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(EditorialMediaListSchema) }, 400, 401, 403, 429),
      },
    },
    async ({ query }) => {
      const list = openPage(path, query, ['string'])
      const { rows, page } = list.close(
        await listMediaRows(db.desk, query.limit + 1, list.after?.[0]),
        row => [row.id],
      )
      return { data: rows.map(mediaOf), page, meta: {} }
    },
  )

  app.post(
    path,
    {
      config: { scope: 'media:write' },
      schema: {
        operationId: 'uploadMedia',
        summary: 'Upload a picture',
        description:
          'The file is known by its content, whatever it is called. Its renditions are made now. Readers see it once ' +
          'a live article uses it.',
        ...common,
        consumes: ['multipart/form-data'],
        headers: IdempotencyKey,
        body: ref(MediaUploadSchema),
        response: responses({ 201: ref(EditorialMediaSchema) }, 400, 401, 403, 409, 413, 415, 422, 429, 503),
      },
      // The form is a stream: this schema documents it, and the handler reads it and checks its words.
      attachValidation: true,
    },
    async (request, reply) => {
      const { bytes, words } = await readUpload<MediaWords>(request, uploadLimit, MediaWordsSchema)
      const hash = createHash('sha256').update(JSON.stringify(words)).update(bytes)
      const post = postOf(request, hash.digest())
      const answer = await createPicture(db, files, bytes, words, make =>
        writeOnce(db, post, async tx => {
          const row = await make(tx)
          return answerOf(201, mediaOf(row), { location: `${publicUrl}${path}/${row.id}` })
        }),
      )
      return sendAnswer(reply, answer)
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getEditorialMedia',
        summary: 'Read media as the desk has it',
        description: 'One of the media, used or not, with the ETag that a change needs.',
        ...common,
        params,
        response: responses({ 200: ref(EditorialMediaSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async (request, reply) => {
      const row = await getMedia(db.desk, request.params.id)
      reply.header('etag', revisionTag(row.revision))
      return mediaOf(row)
    },
  )

  app.get(
    `${path}/:id/:contentHash/:file`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getEditorialMediaFile',
        summary: 'Read the bytes of a rendition, used or not',
        description:
          'Take the address from `renditions[].url`. `original` is the uploaded file, untouched, with all metadata in ' +
          'it; it is for the desk alone. An address from a preview answers the bytes that readers would get.',
        ...common,
        params: FileParams,
        response: responses(fileAnswers, 400, 401, 403, 404, 416, 429),
      },
    },
    async (request, reply) => {
      const { id, contentHash, file } = request.params
      const media = await getMedia(db.desk, id)
      const found =
        contentHash === media.contentHash
          ? await getFile(files, media, contentHash, file)
          : await openPublicFile(files, media, language, contentHash, file)
      return sendFile(request, reply, found, 'private, no-store', parseRange)
    },
  )

  app.patch(
    `${path}/:id`,
    {
      config: { scope: 'media:write' },
      schema: {
        operationId: 'patchMedia',
        summary: 'Change the words of media',
        description:
          'Where it is shown, readers see the change at once; what was printed stays in the versions.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(MediaPatchSchema),
        response: responses(
          { 200: ref(EditorialMediaSchema) },
          400,
          401,
          403,
          404,
          412,
          413,
          415,
          428,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const row = await db.write(actorOf(request), tx =>
        patchMedia(tx, request.params.id, request.body, match),
      )
      reply.header('etag', revisionTag(row.revision))
      return mediaOf(row)
    },
  )

  app.delete(
    `${path}/:id`,
    {
      config: { scope: 'media:write' },
      schema: {
        operationId: 'deleteMedia',
        summary: 'Delete media that no article uses',
        description: 'Its files go with it. Media in use answers 409 and names the articles.',
        ...common,
        params,
        headers: IfMatch,
        response: responses(
          { 204: { description: 'Deleted.', type: 'null' } },
          400,
          401,
          403,
          404,
          409,
          412,
          428,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      await deleteMedia(db, files, actorOf(request), request.params.id, requireMatch(request))
      return reply.code(204).send()
    },
  )

  function mediaOf(row: MediaRow): Static<typeof EditorialMediaSchema> {
    return {
      ...renderDeskMedia(row, `${publicUrl}${path}`),
      revision: row.revision,
      createdAt: formatInstant(row.createdAt),
      updatedAt: formatInstant(row.updatedAt),
    }
  }
}
