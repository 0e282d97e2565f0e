import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '../../src/db/sqlite-connect.ts'

/** So many articles to a commit come to so many a second and pages of 4 KB a commit; a share of those is of tags' indexes. */
export type Limit = { inCommit: number; perSecond: number; pages: number; tagPages: number }

/** The tables that have rows of an article, and the column that says of which; in the order that foreign keys want. */
const tables = {
  articles: 'id',
  article_tags: 'article_id',
  article_media: 'article_id',
  versions: 'article_id',
  publications: 'article_id',
  publication_bodies: 'article_id',
  publication_tags: 'article_id',
  publication_media: 'article_id',
  history: 'article_id',
  slugs: 'article_id',
  audit: 'subject_id',
}

/** By a tag's id, so that each row has a place of its own. */
const tagIndexes = /^(publication_tags_(newest|language)|article_tags_uses)$/

/** Of the write-ahead log (SQLite's file format, 4.1): a frame is a header, which begins with a page's number, and the page. */
const headerLength = 32
const frameLength = 24 + 4096

type Row = (string | number | Buffer | null)[]
type Written = { table: string; rows: Row[] }[]

const fileOf = (folder: string) => join(folder, 'dateline.sqlite')

/** The rows of each article made since the instant: epoch milliseconds. */
export function readWritten(folder: string, since: number): Written[] {
  const db = connect(fileOf(folder), true)
  const ids = db.prepare('select id from articles where created_at >= ? order by id').pluck().all(since)
  const selects = Object.entries(tables).map(([table, column]) => {
    return { table, select: db.prepare(`select * from ${table} where ${column} = ?`).raw() }
  })
  const written = ids.map(id =>
    selects.map(({ table, select }) => ({ table, rows: select.all(id) as Row[] })),
  )
  db.close()
  return written
}

/**
 * Writes the rows of articles into a copy of the corpus by bare statements, so many articles to a durable commit: what a
 * service over these tables comes to on one core if all else costs nothing.
 */
export function measureLimit(folder: string, written: readonly Written[], inCommit: number): Limit {
  const db = connect(fileOf(folder), false)
  const count = db.prepare('update live_tags set uses = uses + 1 where id = ?')
  const inserts = new Map<string, ReturnType<typeof db.prepare>>()
  const insert = ({ table, rows }: Written[number]) => {
    for (const row of rows) {
      const made =
        inserts.get(table) ?? db.prepare(`insert into ${table} values (${row.map(() => '?').join()})`)
      inserts.set(table, made)
      made.run(row)
    }
    if (table === 'publication_tags') for (const [, , tagId] of rows) count.run(tagId)
  }
  // Few enough to be in the log whole, before a checkpoint has it begin anew.
  const looked = Math.ceil(80 / inCommit)
  let pages = { all: 0, ofTags: 0 }
  let took = 0
  for (let commit = 0; commit * inCommit < written.length; commit++) {
    const began = performance.now()
    db.exec('BEGIN IMMEDIATE')
    for (const article of written.slice(commit * inCommit, (commit + 1) * inCommit)) article.forEach(insert)
    db.exec('COMMIT')
    took += performance.now() - began
    if (commit + 1 === looked) pages = readLog(folder)
  }
  db.close()
  const perSecond = written.length / (took / 1000)
  return { inCommit, perSecond, pages: pages.all / looked, tagPages: pages.ofTags / pages.all }
}

/** How many pages the write-ahead log has, and how many of those are of tags' indexes. */
function readLog(folder: string): { all: number; ofTags: number } {
  const db = connect(fileOf(folder), true)
  const named = db.prepare('select pageno, name from dbstat').raw().all() as [number, string][]
  db.close()
  const names = new Map(named)
  const log = readFileSync(`${fileOf(folder)}-wal`)
  const pages: number[] = []
  for (let at = headerLength; at + frameLength <= log.length; at += frameLength)
    pages.push(log.readUInt32BE(at))
  return { all: pages.length, ofTags: pages.filter(page => tagIndexes.test(names.get(page) ?? '')).length }
}
