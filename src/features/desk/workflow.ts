import { DomainError } from '../../errors.ts'
import type { LiveStatus } from '../../words.ts'

export type Move = 'publish' | 'withdraw' | 'delete'

/** Which moves lead out of each public state. Withdrawn has none. */
const moves: Record<LiveStatus, readonly Move[]> = {
  never: ['publish', 'delete'],
  embargoed: [],
  live: ['publish', 'withdraw'],
  held: [],
  withdrawn: [],
}

/** Throws 409, listing the possible moves, when this one is not among them. */
export function requireMove(move: Move, liveStatus: LiveStatus): void {
  const possible = moves[liveStatus]
  if (possible.includes(move)) return
  const code = move === 'delete' ? 'was-published' : 'move-impossible'
  throw new DomainError(code, `An article that is ${liveStatus} cannot make the move ${move}.`, {
    extra: { liveStatus, possible },
  })
}
