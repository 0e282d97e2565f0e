import { writeList } from '../json-bytes.ts'
import type { Answer } from './delivery.ts'
import type { Page } from './paging.ts'

type ListBody = { data: readonly unknown[]; page: Page; meta: unknown }

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

/** The same of items that are written already. */
export function writtenList(
  publicUrl: string,
  { data, page, meta }: ListBody & { data: readonly Buffer[] },
  tags: readonly string[],
  languages?: readonly string[],
): Answer {
  const { body: _body, ...answer } = listAnswer(publicUrl, { data, page, meta }, tags, languages)
  const rest = `,"page":${JSON.stringify(page)},"meta":${JSON.stringify(meta)}}`
  return { ...answer, bytes: Buffer.concat([Buffer.from('{"data":'), writeList(data), Buffer.from(rest)]) }
}
