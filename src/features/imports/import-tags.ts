import { createHash } from 'node:crypto'
import { Compile } from 'typebox/compile'
import type { Writer } from '../../db/db.ts'
import { numberSlug, slugify } from '../../slug.ts'
import { TagInputSchema } from '../tags/tags.schema.ts'
import {
  findMergedTag,
  findTag,
  findTagByCode,
  findTagById,
  isTagSlugTaken,
  type TagRow,
} from '../tags/tags.store.ts'
import { createTag, type TagInput } from '../tags/tags.ts'
import { ruleOfField } from './import-fields.ts'
import { findImport, saveImport } from './imports.store.ts'
import type { WireTag } from './ninjs-tags.ts'

const schema = Compile(TagInputSchema)
const mostTags = 50

/** The slugs of an item's section and tags; `made` counts the new ones, `remarks` tells what was left out. */
export type ImportedTags = { section?: string; tags: string[]; made: number; remarks: string[] }

/** Finds or makes the tags of an item, naming new ones in its language. */
export async function importTags(
  tx: Writer,
  wire: readonly WireTag[],
  language: string,
): Promise<ImportedTags> {
  const remarks: string[] = []
  const slugs = new Set<string>()
  let section: string | undefined
  let made = 0
  let over = 0
  for (const tag of wire) {
    const word = tag.name ?? tag.mediaTopic ?? tag.wikidata ?? tag.uri
    if (tag.kind === 'section' && section !== undefined) {
      remarks.push(`section "${word}" is left out: an article stands under one`)
      continue
    }
    if (tag.kind !== 'section' && slugs.size === mostTags) {
      over++
      continue
    }
    const found = await findOrMakeTag(tx, tag, language)
    if ('rule' in found) {
      remarks.push(`${tag.kind} "${word}" is left out: ${found.rule}`)
      continue
    }
    if (found.isNew) made++
    if (tag.kind === 'section') section = found.row.slug
    else slugs.add(found.row.slug)
  }
  if (over > 0) remarks.push(`${over} tags past the first ${mostTags} are left out`)
  return { ...(section === undefined ? {} : { section }), tags: [...slugs], made, remarks }
}

type Found = { row: TagRow; isNew: boolean } | { rule: string }

/** By what it was known as before, else by a code, else by its name; made when it is none of those. */
async function findOrMakeTag(tx: Writer, tag: WireTag, language: string): Promise<Found> {
  const { kind, name, mediaTopic, wikidata } = tag
  const known = await findImport(tx, keyOf(tag))
  const before = known && (await findTagById(tx, known.subjectId))
  if (before) return { row: before, isNew: false }

  const codes = { ...(mediaTopic && { mediaTopic }), ...(wikidata && { wikidata }) }
  let row = await findTagByCode(tx, kind, codes)
  if (!row && name === undefined) return { rule: 'it has no name, and no tag here has its code' }
  const base = slugOfName(tag)
  if (!row && name !== undefined) row = await findTagByName(tx, tag, base, name)
  const isNew = !row
  if (!row) {
    const input: TagInput = { kind, slug: await freeSlug(tx, base, kind), names: { [language]: name ?? '' } }
    const [broken] = schema.Errors({ ...input, ...codes })
    if (broken) return { rule: ruleOfField(broken) }
    row = await createTag(tx, { ...input, ...codes })
  }
  await saveImport(tx, {
    uri: keyOf(tag),
    version: '1',
    versionCreated: null,
    subjectType: 'tag',
    subjectId: row.id,
    importedAt: tx.at,
  })
  return { row, isNew }
}

/** Senders give one uri to concepts of different names: the name is part of what a tag is known by. */
function keyOf({ kind, uri, mediaTopic, wikidata, name }: WireTag): string {
  return `tag ${kind} ${uri ?? mediaTopic ?? wikidata ?? ''} ${fold(name ?? '')}`
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** The same in every language. Names in scripts that have no slug would otherwise crowd on one. */
function slugOfName({ kind, name = '' }: WireTag): string {
  const slug = slugify(name, '')
  return slug === ''
    ? `${kind}-${createHash('sha256').update(fold(name)).digest('hex').slice(0, 10)}`
    : slug.replace(/^-/, `${kind}-`)
}

async function findTagByName(
  tx: Writer,
  { kind }: WireTag,
  base: string,
  name: string,
): Promise<TagRow | undefined> {
  for (const slug of [base, suffixed(base, kind)]) {
    const row = await findTag(tx, slug)
    if (row?.kind === kind && Object.values(row.names).some(known => fold(known) === fold(name))) return row
    const merged = row ? undefined : await findMergedTag(tx, slug)
    if (merged?.kind === kind) return merged
  }
  return undefined
}

/** The name's own slug, else with the kind behind it, else numbered. */
async function freeSlug(tx: Writer, base: string, kind: string): Promise<string> {
  if (!(await isTagSlugTaken(tx, base))) return base
  const second = suffixed(base, kind)
  for (let n = 1; ; n++) {
    const slug = n === 1 ? second : numberSlug(second, n)
    if (!(await isTagSlugTaken(tx, slug))) return slug
  }
}

function suffixed(base: string, kind: string): string {
  return `${base.slice(0, 79 - kind.length).replace(/-$/, '')}-${kind}`
}
