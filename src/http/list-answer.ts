import { listParts } from '../json-bytes.ts'
import type { Answer } from './answer.ts'
import type { Page } from './paging.ts'

type ListBody<Item = unknown> = { data: readonly Item[]; page: Page; meta: unknown }

/** A list, with its next page in the Link header too (RFC 8288); `languages` are those it was filtered by. */
export function listAnswer(
  publicUrl: string,
  body: ListBody,
  tags: readonly string[],
  languages: readonly string[] = [],
): Answer {
  const [language] = languages
  return {
    body,
    tags,
    ...(body.page.next ? { links: [`<${publicUrl}${body.page.next}>; rel="next"`] } : {}),
    ...(language !== undefined && languages.length === 1 ? { language } : {}),
  }
}

/** The same of items that are JSON already, in parts. */
export function writtenList(
  publicUrl: string,
  { data, page, meta }: ListBody<{ parts: readonly Buffer[] }>,
  tags: readonly string[],
  languages?: readonly string[],
): Answer {
  const { body: _body, ...answer } = listAnswer(publicUrl, { data, page, meta }, tags, languages)
  const rest = `,"page":${JSON.stringify(page)},"meta":${JSON.stringify(meta)}}`
  const items = listParts(data.map(item => item.parts))
  return { ...answer, bytes: Buffer.concat([Buffer.from('{"data":'), ...items, Buffer.from(rest)]) }
}
