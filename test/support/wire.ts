import { type ImportDeps, importItems } from '../../src/features/imports/import.ts'
import type { Entry } from '../../src/features/imports/report.ts'
import type { SourceItem } from '../../src/features/imports/sources.ts'
import type { Newsroom } from './newsroom.ts'

/** A text item as a sender has it, with more or other properties. */
export const item = (more: object = {}) => ({
  uri: 'urn:test:1',
  version: '1',
  type: 'text',
  language: 'en',
  firstCreated: '2024-07-12T02:21:00Z',
  versionCreated: '2024-07-12T03:00:00Z',
  by: 'By Vera Koleva',
  headlines: [{ role: 'main', value: 'Ferry returns to the lake' }],
  bodies: [{ role: 'main', contentType: 'text/html', value: '<p>The ferry returned.</p>' }],
  ...more,
})

export function depsOf({ db, files, clock }: Newsroom): ImportDeps {
  return { db, files, now: () => clock.now, defaults: { language: 'en', section: 'newswire' } }
}

/** Imports items that come in together; the entry of each, in their order. */
export async function takeItems(newsroom: Newsroom, items: readonly object[]): Promise<Entry[]> {
  const entries: Entry[] = []
  async function* source(): AsyncGenerator<SourceItem> {
    for (const [i, value] of items.entries())
      yield { file: 'wire', item: i + 1, value, bytesRead: 0, baseDir: newsroom.folder }
  }
  await importItems(depsOf(newsroom), source(), entry => entries.push(entry))
  return entries.sort((a, b) => (a.item ?? 0) - (b.item ?? 0))
}
