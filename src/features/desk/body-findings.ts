import { DomainError, type FieldError, fieldError } from '../../errors.ts'

/** Where something stood in the source: both count from 1. */
export type Place = { line: number; column: number }

/** Something taken out of a body or changed in it; one a kind, at its first place, with a count in the detail. */
export type BodyWarning = Place & { code: string; element: string; detail: string }

export type Findings = {
  refuse: (code: string, what: string, place: Place) => void
  /** `place` is asked only for the first of its kind: finding it may cost a walk through the source. */
  warn: (code: string, element: string, what: string, place: () => Place) => void
  /** Throws 400 `active-content` with every refusal so far, if any. */
  throwRefusals: () => void
  warnings: () => BodyWarning[]
}

const mostRefusals = 20
const mostWarnings = 50

/** An empty collection of refusals and warnings; the twentieth refusal throws at once. */
export function collectFindings(): Findings {
  const refusals: FieldError[] = []
  const warned = new Map<string, { warning: BodyWarning; count: number }>()
  let unlisted = 0

  function throwRefusals(): void {
    if (refusals.length === 0) return
    throw new DomainError('active-content', `The body holds ${refusals[0]?.detail}`, { errors: refusals })
  }

  return {
    refuse(code, what, place) {
      const detail = `${what} at line ${place.line}, column ${place.column}`
      refusals.push({ in: 'body', pointer: '/body', code, detail })
      if (refusals.length === mostRefusals) throwRefusals()
    },
    warn(code, element, what, place) {
      const key = `${code} ${element} ${what}`
      const known = warned.get(key)
      if (known) known.count++
      else if (warned.size === mostWarnings) unlisted++
      else {
        const { line, column } = place()
        warned.set(key, { warning: { code, element, detail: what, line, column }, count: 1 })
      }
    },
    throwRefusals,
    warnings() {
      const list = [...warned.values()].map(({ warning, count }) =>
        count === 1 ? warning : { ...warning, detail: `${warning.detail} (${count} times)` },
      )
      if (unlisted > 0) {
        const detail = `${unlisted} more of other kinds`
        list.push({ code: 'more-warnings', element: '', detail, line: 1, column: 1 })
      }
      return list
    },
  }
}

export const deepest = 100
// An article has hundreds, a long live one thousands. Misnested formatting makes a parser copy elements, so a limit on characters is not enough.
const mostElements = 20_000

/** The refusal of a body whose elements stand more than 100 deep. */
export function tooDeep(place?: Place): DomainError {
  const where = place ? ` at line ${place.line}, column ${place.column}` : ''
  const detail = `nests elements more than ${deepest} deep${where}`
  return fieldError({ in: 'body', pointer: '/body', code: 'too-deep', detail })
}

/** A counter that throws once a body makes more elements than any article has. */
export function elementBudget(): () => void {
  let count = 0
  return () => {
    if (++count > mostElements) {
      const detail = `makes more than ${mostElements} elements`
      throw fieldError({ in: 'body', pointer: '/body', code: 'too-many-elements', detail })
    }
  }
}

/** The one warning for characters that no XML, and so no feed, can carry. */
export function warnOfControls(findings: Findings, element: string, place: () => Place): void {
  findings.warn('control-character-removed', element, 'a control character was removed', place)
}
