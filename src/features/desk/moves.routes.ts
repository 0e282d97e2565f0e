import type { Static, TSchema } from 'typebox'
import type { Db, Writer } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { requireScope } from '../../http/auth.ts'
import { requireMatch } from '../../http/conditional.ts'
import { answerOf, postOf, sendAnswer } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import { closed, Id, IfMatchOnPost, keyed, ref } from '../../http/schema.ts'
import { readInstant } from '../../instant.ts'
import type { Match } from '../../revision.ts'
import type { ArticleMove } from '../../words.ts'
import { writeOnce } from '../idempotency/idempotency.ts'
import { EditorialArticleSchema } from './desk.schema.ts'
import type { WorkingCopy } from './desk.store.ts'
import type { Saved, Warning } from './desk.ts'
import { holdArticle, releaseArticle } from './hold.ts'
import {
  HoldSchema,
  MoveSchema,
  PublishSchema,
  RestoreVersionSchema,
  ScheduleInputSchema,
  WithdrawSchema,
} from './moves.schema.ts'
import { publishArticle } from './publish.ts'
import { renderCopy } from './render-copy.ts'
import { restoreVersion } from './restore.ts'
import { reviewArticle } from './review.ts'
import { scheduleArticle, unscheduleArticle } from './schedule.ts'
import { withdrawArticle } from './takedown.ts'
import { type Review, scopeOf } from './workflow.ts'

type Words = { operationId: string; summary: string; description: string }
type Made = WorkingCopy | Saved

/** The workflow: every move of an article, each of one revision and done once for its Idempotency-Key. */
export function moveRoutes(app: App, { db, review }: { db: Db; review: Review }): void {
  const params = closed({
    id: Id({ description: 'The id of the article.', examples: ['0190a3c0-0000-7000-8000-000000000001'] }),
  })

  /** Adds the route of a move, whose scope is in the table of moves. */
  function addMove<B extends TSchema>(
    move: ArticleMove,
    body: B & { $id: string },
    words: Words,
    make: (tx: Writer, id: string, sent: Static<B>, match: Match, review: Review) => Promise<Made>,
  ): void {
    app.post(
      `/v1/editorial/articles/:id/${move}`,
      {
        config: { scope: scopeOf(move) },
        schema: {
          ...words,
          tags: ['Editorial'],
          security: keyed,
          params,
          headers: IfMatchOnPost,
          body: ref(body),
          response: responses(
            { 200: ref(EditorialArticleSchema) },
            ...[400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503],
          ),
        },
        // A move that says nothing may be sent without a body.
        preValidation: async request => {
          if (request.body === undefined) request.body = {} as never
        },
      },
      async (request, reply) => {
        const match = requireMatch(request)
        const sent = request.body as Static<B>
        if (move === 'publish' && (sent as { publishedAt?: string }).publishedAt !== undefined)
          requireScope(request, 'articles:backdate')
        const answer = await writeOnce(db, postOf(request), async tx => {
          const made = await make(tx, request.params.id, sent, match, review)
          const { copy, warnings } = 'copy' in made ? made : { copy: made, warnings: [] }
          return answerOf(200, renderCopy(copy, warnings))
        })
        return sendAnswer(reply, answer)
      },
    )
  }

  addMove(
    'submit',
    MoveSchema,
    {
      operationId: 'submitArticle',
      summary: 'Submit a working copy for review',
      description: 'A draft is then in review. An edit makes it a draft again.',
    },
    (tx, id, sent, match) => reviewArticle(tx, id, 'submit', sent, match, review),
  )
  addMove(
    'approve',
    MoveSchema,
    {
      operationId: 'approveArticle',
      summary: 'Approve a working copy',
      description: 'The approval is of this one revision: an edit takes it back.',
    },
    (tx, id, sent, match) => reviewArticle(tx, id, 'approve', sent, match, review),
  )
  addMove(
    'return',
    MoveSchema,
    {
      operationId: 'returnArticle',
      summary: 'Return a working copy to its author',
      description: 'What was in review, or approved, is a draft again. Say why in `reason`.',
    },
    (tx, id, sent, match) => reviewArticle(tx, id, 'return', sent, match, review),
  )
  addMove(
    'publish',
    PublishSchema,
    {
      operationId: 'publishArticle',
      summary: 'Publish an article',
      description:
        'Makes the working copy a version that readers see from the next request on; with `embargoedUntil`, from that ' +
        'time on. The first publish takes an empty object; later ones say whether they are an update or a correction. ' +
        'With the setting REVIEW=required only an approved copy can be published. A held article stays held: its ' +
        'version waits for `release`, and `warnings` has the code `held`. With `embargoedUntil` readers get 404 from ' +
        'the release to that time, also if an earlier version was public.',
    },
    async (tx, id, sent, match) => {
      const { publishedAt, embargoedUntil, ...rest } = sent
      const publish = {
        ...rest,
        ...(publishedAt === undefined ? {} : { publishedAt: readInstant(publishedAt) }),
        ...embargo(embargoedUntil),
      }
      const copy = await publishArticle(tx, id, publish, match, review)
      return { copy, warnings: copy.liveStatus === 'held' ? [stillHeld(copy)] : [] }
    },
  )
  addMove(
    'schedule',
    ScheduleInputSchema,
    {
      operationId: 'scheduleArticle',
      summary: 'Schedule an article',
      description:
        'The working copy goes live by itself at `publishAt`, by the rules of a publish, which are checked now too. An ' +
        'edit or a hold cancels the schedule. What the rules refuse by then comes off the schedule, and the audit ' +
        'trail says why. With the setting REVIEW=required only an approved copy can be scheduled.',
    },
    (tx, id, sent, match) => {
      const { publishAt, embargoedUntil, ...rest } = sent
      const schedule = { ...rest, publishAt: readInstant(publishAt), ...embargo(embargoedUntil) }
      return scheduleArticle(tx, id, schedule, match, review)
    },
  )
  addMove(
    'unschedule',
    MoveSchema,
    {
      operationId: 'unscheduleArticle',
      summary: 'Take an article off its schedule',
      description: 'Its working copy stays approved.',
    },
    unscheduleArticle,
  )
  addMove(
    'hold',
    HoldSchema,
    {
      operationId: 'holdArticle',
      summary: 'Hold an article',
      description:
        'Takes it down for the time being: readers get 404, and partners a change `suspended`. It cancels a schedule. ' +
        'A version under embargo of a live article waits no longer; publish it again after the release. An article ' +
        'that its sender withholds (`heldBy` is `sender`) can be held too: then only `release` brings it back.',
    },
    holdArticle,
  )
  addMove(
    'release',
    MoveSchema,
    {
      operationId: 'releaseArticle',
      summary: 'Release a held article',
      description:
        "Ends every hold, an editor's and the sender's, and puts the article back as it was, under its embargo if that " +
        'is still ahead. A version that was published during the hold goes live now: its times are of the release. If ' +
        'that version is under embargo, `liveStatus` is `embargoed` and readers get 404 until the embargo ends, also if ' +
        'they saw an earlier version.',
    },
    releaseArticle,
  )
  addMove(
    'withdraw',
    WithdrawSchema,
    {
      operationId: 'withdrawArticle',
      summary: 'Withdraw an article',
      description: 'Takes it down for good: readers and partners get its tombstone with the public notice.',
    },
    withdrawArticle,
  )
  addMove(
    'restore-version',
    RestoreVersionSchema,
    {
      operationId: 'restoreVersion',
      summary: 'Restore a version into the working copy',
      description:
        'The working copy says again what the version said, its slug and story apart; readers see it at the next ' +
        'publish. A tag or media deleted since is left out, with a warning.',
    },
    restoreVersion,
  )
}

/** Tells an editor who published a held article that readers do not see it. */
function stillHeld({ version, heldBy }: WorkingCopy): Warning {
  const by = { editor: 'An editor', sender: 'The sender', both: 'An editor and the sender' }[
    heldBy ?? 'editor'
  ]
  const detail = `${by} ${heldBy === 'both' ? 'hold' : 'holds'} this article: readers see version ${version} after a release`
  return { code: 'held', pointer: '/liveStatus', detail }
}

function embargo(until: string | null | undefined): { embargoedUntil?: number | null } {
  if (until === undefined) return {}
  return { embargoedUntil: until === null ? null : readInstant(until) }
}
