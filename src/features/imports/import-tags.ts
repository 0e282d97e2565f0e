import type { Writer } from '../../db/db.ts'
import { firstFreeSlug, slugify } from '../../slug.ts'
import type { TagKind } from '../../words.ts'
import { foldName } from '../tags/live-tags.store.ts'
import {
  findMergedTag,
  findTag,
  findTagByCode,
  findTagById,
  isTagSlugTaken,
  type TagReference,
  type TagRow,
} from '../tags/tags.store.ts'
import { createTag } from '../tags/tags.ts'
import { findImport, saveImport } from './imports.store.ts'
import type { WireTag } from './ninjs-tags.ts'
import { Passed } from './report.ts'

const mostTags = 50
/** As the editorial schema has it. */
const longestName = 200

/** An item's tags and section, each found or made; `made` counts the new, `left` those past the limit. */
export type ImportedTags = {
  section: TagReference | undefined
  tags: TagReference[]
  made: number
  left: number
}

/** The tags that a transaction found or made, by what an item calls them: most items are of the same few. */
export type KnownTags = Map<string, TagReference>

/** Finds or makes the tags of an item, in its language. */
export async function importTags(
  tx: Writer,
  wire: readonly WireTag[],
  language: string,
  known: KnownTags,
): Promise<ImportedTags> {
  const result: ImportedTags = { section: undefined, tags: [], made: 0, left: 0 }
  const ids = new Set<string>()
  for (const tag of wire) {
    if (tag.kind === 'section' && result.section !== undefined) continue
    if (tag.kind !== 'section' && ids.size >= mostTags) {
      result.left++
      continue
    }
    const key = tagKey(tag)
    let one = known.get(key)
    if (one === undefined) {
      const found = await findOrMake(tx, tag, language)
      if (!found) continue
      if (found.isNew) result.made++
      one = found.row
      known.set(key, one)
    }
    if (tag.kind === 'section') result.section = one
    else if (!ids.has(one.id)) {
      ids.add(one.id)
      result.tags.push(one)
    }
  }
  return result
}

/** The section that items without one stand under, made when it is first needed. */
export async function ensureSection(tx: Writer, slug: string, known: KnownTags): Promise<TagReference> {
  const key = `section ${slug}`
  const before = known.get(key)
  if (before !== undefined) return before
  // What it was merged into stands for it.
  const found = (await findTag(tx, slug)) ?? (await findMergedTag(tx, slug))
  const names: Record<string, string> =
    slug === 'newswire' ? { en: 'Newswire', bg: 'Новини от агенциите' } : { en: slug }
  const section = found?.kind === 'section' ? found : await createTag(tx, { slug, kind: 'section', names })
  known.set(key, section)
  return section
}

async function findOrMake(
  tx: Writer,
  tag: WireTag,
  language: string,
): Promise<{ row: TagRow; isNew: boolean } | undefined> {
  const { kind, name } = tag
  if (name !== undefined && name.length > longestName)
    throw new Passed('refused', `the name of a ${kind} is longer than ${longestName} characters`)
  const known = await findImport(tx, tagKey(tag))
  if (known) {
    const row = await findTagById(tx, known.subjectId)
    if (row) return { row, isNew: false }
  }
  const codes = {
    ...(tag.mediaTopic && { mediaTopic: tag.mediaTopic }),
    ...(tag.wikidata && { wikidata: tag.wikidata }),
  }
  let row = await findTagByCode(tx, kind, codes)
  if (!row && name !== undefined) row = await findByName(tx, kind, name, language)
  const isNew = !row
  if (!row) {
    if (name === undefined) return undefined
    row = await createTag(tx, {
      kind,
      slug: await freeSlug(tx, kind, name, language),
      names: { [language]: name },
      ...codes,
    })
  }
  const taken = { uri: tagKey(tag), version: '1', versionCreated: null, importedAt: tx.at }
  await saveImport(tx, { ...taken, subjectType: 'tag', subjectId: row.id })
  return { row, isNew }
}

/** The senders' uris are shared by concepts of other names: the name is part of what a tag is known by. */
function tagKey({ kind, uri, name, mediaTopic, wikidata }: WireTag): string {
  if (uri !== undefined) return `tag ${kind} ${uri} ${name ?? ''}`
  return name === undefined
    ? `tag ${kind} coded ${mediaTopic ?? wikidata ?? ''}`
    : `tag ${kind} named ${foldName(name)}`
}

async function findByName(
  tx: Writer,
  kind: TagKind,
  name: string,
  language: string,
): Promise<TagRow | undefined> {
  const base = slugOf(kind, name, language)
  for (const slug of [base, `${base}-${kind}`]) {
    const row = await findTag(tx, slug)
    if (row?.kind === kind && Object.values(row.names).some(known => foldName(known) === foldName(name)))
      return row
  }
  const merged = await findMergedTag(tx, base)
  return merged?.kind === kind ? merged : undefined
}

/** Short enough for a kind and a number behind it. */
function slugOf(kind: TagKind, name: string, language: string): string {
  return slugify(name, kind, language).slice(0, 60).replace(/-$/, '')
}

async function freeSlug(tx: Writer, kind: TagKind, name: string, language: string): Promise<string> {
  const base = slugOf(kind, name, language)
  const isTaken = (slug: string) => isTagSlugTaken(tx, slug)
  return (await isTaken(base)) ? firstFreeSlug(`${base}-${kind}`, isTaken) : base
}
