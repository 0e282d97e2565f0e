import type { Writer } from '../../db/db.ts'
import { DomainError, type FieldError } from '../../errors.ts'
import { listMediaIds } from '../media/media.store.ts'
import { listTagsBySlug, type TagReference } from '../tags/tags.store.ts'
import type { WorkingCopy } from './desk.store.ts'

/** What an article refers to, as it is sent: tags by slug, media by id. */
type References = {
  section?: string | null
  tags?: readonly string[]
  leadMedia?: string | null
  media?: readonly string[]
}

/**
 * The tags that a patch names; `known` are those that the transaction has found already. Throws 400 naming those that are
 * not there, or are of the wrong kind.
 */
export async function resolveTags(
  tx: Writer,
  patch: References,
  known: readonly TagReference[],
): Promise<Partial<WorkingCopy>> {
  const found = new Map(known.map(tag => [tag.slug, tag]))
  const named = [...(patch.tags ?? []), ...(patch.section ? [patch.section] : [])]
  const unknown = named.filter(slug => !found.has(slug))
  if (unknown.length > 0) for (const tag of await listTagsBySlug(tx, unknown)) found.set(tag.slug, tag)
  const errors: FieldError[] = []
  const changed: {
    sectionId?: string | null
    sectionSlug?: string | null
    tags?: { id: string; slug: string }[]
  } = {}
  if (patch.section !== undefined) {
    const section = patch.section === null ? null : found.get(patch.section)
    if (section === undefined)
      errors.push(field('/section', 'unknown-tag', `"${patch.section}" is not a tag`))
    else if (section && section.kind !== 'section') {
      errors.push(field('/section', 'wrong-kind', `"${patch.section}" is not of the kind section`))
    }
    changed.sectionId = section?.id ?? null
    changed.sectionSlug = section?.slug ?? null
  }
  if (patch.tags !== undefined) {
    changed.tags = patch.tags.flatMap((slug, i) => {
      const tag = found.get(slug)
      if (!tag) errors.push(field(`/tags/${i}`, 'unknown-tag', `"${slug}" is not a tag`))
      else if (tag.kind === 'section') {
        errors.push(
          field(
            `/tags/${i}`,
            'wrong-kind',
            `"${slug}" is a section: an article stands under one, in "section"`,
          ),
        )
      }
      return tag ? [{ id: tag.id, slug: tag.slug }] : []
    })
  }
  if (errors.length > 0) throw refusal(errors)
  return changed
}

/** The media that a patch names. Throws 400 naming those that are not there. */
export async function resolveMedia(tx: Writer, patch: References): Promise<Partial<WorkingCopy>> {
  const ids = [...(patch.media ?? []), ...(patch.leadMedia ? [patch.leadMedia] : [])]
  const found = new Set(ids.length === 0 ? [] : await listMediaIds(tx, ids))
  const errors: FieldError[] = []
  if (patch.leadMedia && !found.has(patch.leadMedia)) {
    errors.push(field('/leadMedia', 'unknown-media', `${patch.leadMedia} is not the id of media`))
  }
  for (const [i, id] of (patch.media ?? []).entries()) {
    if (!found.has(id)) errors.push(field(`/media/${i}`, 'unknown-media', `${id} is not the id of media`))
  }
  if (errors.length > 0) throw refusal(errors)
  return {
    ...(patch.leadMedia === undefined ? {} : { leadMediaId: patch.leadMedia }),
    ...(patch.media === undefined ? {} : { mediaIds: patch.media }),
  }
}

function field(pointer: string, code: string, detail: string): FieldError {
  return { in: 'body', pointer, code, detail }
}

function refusal(errors: readonly FieldError[]): DomainError {
  const first = errors[0] as FieldError
  return new DomainError('validation-failed', `${first.pointer} ${first.detail}`, { errors })
}
