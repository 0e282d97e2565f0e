import { DomainError } from '../../errors.ts'
import {
  type ArticleMove,
  articleMoves,
  type DeskStatus,
  deskStatuses,
  type Holder,
  type LiveStatus,
  type Scope,
} from '../../words.ts'

/**
 * The two states of an article, independent of each other: its working copy's at the desk, and the public's view of it;
 * and who holds it while it is held.
 */
export type ArticleState = { deskStatus: DeskStatus; liveStatus: LiveStatus; heldBy: Holder | null }

/** Whether a revision has to be approved before it is published or scheduled. */
export type Review = 'optional' | 'required'

type Rule = {
  /** What a key needs to make the move. */
  scope: Scope
  /** The states it leads out of: it is possible when both are among them. */
  desk: readonly DeskStatus[]
  live: readonly LiveStatus[]
  /** The working copy's state afterwards; as it was where none is said. */
  deskAfter?: (before: DeskStatus) => DeskStatus
}

const any = deskStatuses
const open: readonly LiveStatus[] = ['never', 'embargoed', 'live', 'held']
const reviewed: readonly DeskStatus[] = ['approved', 'scheduled']
const toDraft = () => 'draft' as const
/** The desk status of a copy that comes off its schedule: its approval stands. */
export const offSchedule = (before: DeskStatus) => (before === 'scheduled' ? 'approved' : before)

/**
 * Every move, in one table. Withdrawn has none. A schedule approves what it schedules; a copy that is edited is a
 * draft again, in any state.
 */
const rules: Record<ArticleMove, Rule> = {
  submit: { scope: 'articles:write', desk: ['draft'], live: open, deskAfter: () => 'inReview' },
  approve: { scope: 'articles:publish', desk: ['inReview'], live: open, deskAfter: () => 'approved' },
  return: { scope: 'articles:publish', desk: ['inReview', 'approved'], live: open, deskAfter: toDraft },
  publish: { scope: 'articles:publish', desk: any, live: open, deskAfter: toDraft },
  // No timer publishes a held article.
  schedule: {
    scope: 'articles:publish',
    desk: any,
    live: ['never', 'embargoed', 'live'],
    deskAfter: () => 'scheduled',
  },
  unschedule: { scope: 'articles:publish', desk: ['scheduled'], live: open, deskAfter: offSchedule },
  // An editor can hold a held article only if the sender alone holds it: see `possibleMoves`.
  hold: { scope: 'articles:publish', desk: any, live: ['embargoed', 'live', 'held'], deskAfter: offSchedule },
  release: { scope: 'articles:publish', desk: any, live: ['held'] },
  withdraw: {
    scope: 'articles:publish',
    desk: any,
    live: ['embargoed', 'live', 'held'],
    deskAfter: toDraft,
  },
  'restore-version': {
    scope: 'articles:write',
    desk: any,
    live: ['embargoed', 'live', 'held'],
    deskAfter: toDraft,
  },
  delete: { scope: 'articles:write', desk: any, live: ['never'] },
}

/** What a key needs to make the move. */
export function scopeOf(move: ArticleMove): Scope {
  return rules[move].scope
}

/** The moves that lead out of a state. */
export function possibleMoves(
  { deskStatus, liveStatus, heldBy }: ArticleState,
  review: Review,
): ArticleMove[] {
  return articleMoves.filter(move => {
    const { desk, live } = rules[move]
    const unreviewed =
      review === 'required' && (move === 'publish' || move === 'schedule') && !reviewed.includes(deskStatus)
    const isHeldHere = move === 'hold' && liveStatus === 'held' && heldBy !== 'sender'
    return desk.includes(deskStatus) && live.includes(liveStatus) && !unreviewed && !isHeldHere
  })
}

/** The working copy's state after a move. Throws 409, listing the possible moves, when this one is not among them. */
export function makeMove(move: ArticleMove, state: ArticleState, review: Review): DeskStatus {
  const possible = possibleMoves(state, review)
  const { deskStatus, liveStatus } = state
  if (possible.includes(move)) return rules[move].deskAfter?.(deskStatus) ?? deskStatus
  const code = move === 'delete' && liveStatus !== 'never' ? 'was-published' : 'move-impossible'
  const detail = `An article that is ${liveStatus}, its working copy ${deskStatus}, cannot make the move ${move}.`
  throw new DomainError(code, detail, { extra: { deskStatus, liveStatus, possible } })
}
