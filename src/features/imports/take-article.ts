import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { type ArticleInput, draftArticle, type Prepared, patchArticle } from '../desk/desk.ts'
import type { TagReference } from '../tags/tags.store.ts'
import type { ArticleTexts, ImportDefaults } from './import-fields.ts'
import { ensureSection, importTags, type KnownTags } from './import-tags.ts'
import { importAllMedia } from './item-media.ts'
import type { ReadyItem } from './ready-item.ts'

/** A working copy with the fields of an item: what was left out is in `remarks`, `made` counts new media and tags. */
export type Taken = {
  copy: WorkingCopy
  hasBody: boolean
  remarks: string[]
  made: { media: number; tags: number }
}

/** Puts all that an item says into the working copy `copy`; without one, into a draft that is still to be saved. */
export async function takeArticle(
  tx: Writer,
  ready: ReadyItem & { texts: { fields: Prepared<ArticleTexts>; remarks: readonly string[] } },
  copy: WorkingCopy | undefined,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Taken> {
  const { wire, texts } = ready
  const remarks = [...texts.remarks]
  const { ids: mediaIds, made: newMedia } = await importAllMedia(tx, ready, copy, remarks)
  const language = wire.language ?? defaults.language
  const tagged = await importTags(tx, wire.tags, language, knownTags)
  const section = tagged.section ?? (await ensureSection(tx, defaults.section, knownTags))
  const [leadMedia, ...media] = mediaIds
  const fields = {
    ...texts.fields,
    ...{ language, section: section.slug, tags: tagged.tags.map(tag => tag.slug), media },
    ...(leadMedia === undefined ? {} : { leadMedia }),
  }
  if (tagged.left > 0) remarks.push(`${tagged.left} tags past the fiftieth were left out`)
  const saved = await takeFields(tx, copy, fields, [section, ...tagged.tags], remarks)
  const made = { media: newMedia, tags: tagged.made }
  return { copy: saved, hasBody: Boolean(fields.body?.html), remarks, made }
}

/** Puts the fields into the working copy, or into a draft that is still to be saved; `tags` are those that they name. */
async function takeFields(
  tx: Writer,
  copy: WorkingCopy | undefined,
  fields: Prepared<ArticleInput>,
  tags: readonly TagReference[],
  remarks: string[],
): Promise<WorkingCopy> {
  // Fields that the new version no longer has are removed: an import is the whole item.
  const removed = copy
    ? {
        shortHeadline: null,
        summary: null,
        body: null,
        dateline: null,
        byline: null,
        signOff: null,
        leadMedia: null,
        source: null,
        usageTerms: null,
        editorialNote: null,
        kind: 'story' as const,
        urgency: 5,
      }
    : {}
  const saved = copy
    ? await patchArticle(tx, copy.id, { ...removed, ...fields }, 'any', tags)
    : await draftArticle(tx, fields, undefined, tags)
  for (const { detail } of saved.warnings) remarks.push(detail)
  return saved.copy
}
