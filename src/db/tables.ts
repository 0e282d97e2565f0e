import {
  type Access,
  accesses,
  actions,
  articleKinds,
  deskStatuses,
  liveStatuses,
  mediaTypes,
  type Names,
  type StoredRendition,
  subjectTypes,
  tagKinds,
  versionKinds,
} from '../words.ts'
import type { ColumnKit } from './columns.sqlite.ts'

/**
 * Every table, described once for both engines: the kit has the engine's column builders.
 * `live` is all that delivery can reach; `desk` is what only the newsroom sees.
 */
export function describeTables(kit: ColumnKit) {
  const { table, text, word, integer, instant, json, index, uniqueIndex, primaryKey } = kit

  /** What a working copy and a publication have in common. */
  const story = () => ({
    language: text('language').notNull(),
    kind: word('kind', articleKinds).notNull(),
    headline: text('headline').notNull(),
    shortHeadline: text('short_headline'),
    summary: text('summary'),
    dateline: text('dateline'),
    byline: text('byline'),
    signOff: text('sign_off'),
    urgency: integer('urgency').notNull(),
    access: word('access', accesses).$type<Access>().notNull(),
    storyId: text('story_id').notNull(),
    source: text('source'),
    usageTerms: text('usage_terms'),
  })

  const tagFacts = () => ({
    id: text('id').primaryKey(),
    slug: text('slug').notNull(),
    kind: word('kind', tagKinds).notNull(),
    names: json<Names>('names').notNull(),
    parentId: text('parent_id'),
    mediaTopic: text('media_topic'),
    wikidata: text('wikidata'),
  })

  const mediaFacts = () => ({
    id: text('id').primaryKey(),
    type: word('type', mediaTypes).notNull(),
    caption: text('caption'),
    credit: text('credit'),
    alt: text('alt'),
    photographer: text('photographer'),
    rights: text('rights'),
    contentHash: text('content_hash'),
    contentType: text('content_type'),
    extension: text('extension'),
    width: integer('width'),
    height: integer('height'),
    bytes: integer('bytes'),
    renditions: json<StoredRendition[]>('renditions').notNull(),
  })

  // The spine. One row of head, raised last in every transaction that changes what readers see.
  const head = table('head', {
    id: integer('id').primaryKey(),
    epoch: text('epoch').notNull(),
    seq: integer('seq').notNull(),
    at: instant('at').notNull(),
  })

  const changes = table('changes', {
    seq: integer('seq').primaryKey(),
    at: instant('at').notNull(),
    subjectType: word('subject_type', subjectTypes).notNull(),
    subjectId: text('subject_id').notNull(),
    action: word('action', actions).notNull(),
    version: integer('version'),
  })

  const publications = table(
    'publications',
    {
      articleId: text('article_id').primaryKey(),
      slug: text('slug').notNull(),
      ...story(),
      sectionId: text('section_id').notNull(),
      leadMediaId: text('lead_media_id'),
      wordCount: integer('word_count').notNull(),
      readingMinutes: integer('reading_minutes').notNull(),
      version: integer('version').notNull(),
      publishedAt: instant('published_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      correctedAt: instant('corrected_at'),
    },
    p => [
      // The section rides along so that a day is counted by section from the index alone.
      index('publications_newest').on(p.publishedAt, p.articleId, p.sectionId),
      index('publications_language').on(p.language, p.publishedAt, p.articleId, p.sectionId),
      index('publications_updated').on(p.updatedAt, p.articleId),
      index('publications_language_updated').on(p.language, p.updatedAt, p.articleId),
      // A story is told once in a language, also when two are published at the same moment.
      uniqueIndex('publications_story_language').on(p.storyId, p.language),
    ],
  )

  const publicationBodies = table('publication_bodies', {
    articleId: text('article_id').primaryKey(),
    html: text('html').notNull(),
    text: text('text').notNull(),
  })

  // Position 0 is the section: a section's list and a tag's list are the same walk.
  const publicationTags = table(
    'publication_tags',
    {
      articleId: text('article_id').notNull(),
      position: integer('position').notNull(),
      tagId: text('tag_id').notNull(),
      language: text('language').notNull(),
      publishedAt: instant('published_at').notNull(),
    },
    p => [
      primaryKey({ columns: [p.articleId, p.position] }),
      index('publication_tags_newest').on(p.tagId, p.publishedAt, p.articleId),
      index('publication_tags_language').on(p.tagId, p.language, p.publishedAt, p.articleId),
    ],
  )

  // Position 0 is the lead picture.
  const publicationMedia = table(
    'publication_media',
    {
      articleId: text('article_id').notNull(),
      position: integer('position').notNull(),
      mediaId: text('media_id').notNull(),
    },
    p => [
      primaryKey({ columns: [p.articleId, p.position] }),
      index('publication_media_uses').on(p.mediaId, p.articleId),
    ],
  )

  const history = table(
    'history',
    {
      articleId: text('article_id').notNull(),
      number: integer('number').notNull(),
      kind: word('kind', versionKinds).notNull(),
      at: instant('at').notNull(),
      note: text('note'),
    },
    h => [primaryKey({ columns: [h.articleId, h.number] })],
  )

  // Every slug a reader ever saw; the one that is not the publication's own redirects.
  const slugs = table(
    'slugs',
    { slug: text('slug').primaryKey(), articleId: text('article_id').notNull() },
    s => [index('slugs_article').on(s.articleId)],
  )

  const tombstones = table('tombstones', {
    articleId: text('article_id').primaryKey(),
    withdrawnAt: instant('withdrawn_at').notNull(),
    notice: text('notice').notNull(),
    replacementId: text('replacement_id'),
  })

  const liveTags = table('live_tags', { ...tagFacts(), uses: integer('uses').notNull() }, t => [
    uniqueIndex('live_tags_slug').on(t.slug),
    index('live_tags_kind').on(t.kind, t.slug),
    index('live_tags_parent').on(t.parentId, t.slug),
  ])

  const liveTagNames = table(
    'live_tag_names',
    { tagId: text('tag_id').notNull(), folded: text('folded').notNull() },
    n => [primaryKey({ columns: [n.tagId, n.folded] }), index('live_tag_names_prefix').on(n.folded, n.tagId)],
  )

  const tagRedirects = table('tag_redirects', {
    slug: text('slug').primaryKey(),
    tagId: text('tag_id').notNull(),
  })

  const liveMedia = table('live_media', { ...mediaFacts(), uses: integer('uses').notNull() })

  const live = {
    head,
    changes,
    publications,
    publicationBodies,
    publicationTags,
    publicationMedia,
    history,
    slugs,
    tombstones,
    liveTags,
    liveTagNames,
    tagRedirects,
    liveMedia,
  }

  const tags = table(
    'tags',
    {
      ...tagFacts(),
      revision: integer('revision').notNull(),
      // When readers first saw it: its slug then redirects for ever, should the tag be merged.
      shownAt: instant('shown_at'),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
    },
    t => [
      uniqueIndex('tags_slug').on(t.slug),
      index('tags_kind').on(t.kind, t.slug),
      index('tags_parent').on(t.parentId),
    ],
  )

  const media = table('media', {
    ...mediaFacts(),
    revision: integer('revision').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  })

  const articles = table(
    'articles',
    {
      id: text('id').primaryKey(),
      revision: integer('revision').notNull(),
      deskStatus: word('desk_status', deskStatuses).notNull(),
      liveStatus: word('live_status', liveStatuses).notNull(),
      ...story(),
      slug: text('slug'),
      sectionId: text('section_id').references(() => tags.id),
      bodyHtml: text('body_html'),
      editorialNote: text('editorial_note'),
      version: integer('version').notNull(),
      createdAt: instant('created_at').notNull(),
      editedAt: instant('edited_at').notNull(),
      publishedAt: instant('published_at'),
    },
    a => [
      index('articles_edited').on(a.editedAt, a.id),
      index('articles_section_edited').on(a.sectionId, a.editedAt, a.id),
      index('articles_desk_edited').on(a.deskStatus, a.editedAt, a.id),
      index('articles_live_edited').on(a.liveStatus, a.editedAt, a.id),
      index('articles_language_edited').on(a.language, a.editedAt, a.id),
      index('articles_story').on(a.storyId, a.language),
      index('articles_slug').on(a.slug),
    ],
  )

  const articleTags = table(
    'article_tags',
    {
      articleId: text('article_id')
        .notNull()
        .references(() => articles.id, { onDelete: 'cascade' }),
      position: integer('position').notNull(),
      tagId: text('tag_id')
        .notNull()
        .references(() => tags.id),
    },
    a => [
      primaryKey({ columns: [a.articleId, a.position] }),
      index('article_tags_uses').on(a.tagId, a.articleId),
    ],
  )

  // Position 0 is the lead picture, as in publication_media.
  const articleMedia = table(
    'article_media',
    {
      articleId: text('article_id')
        .notNull()
        .references(() => articles.id, { onDelete: 'cascade' }),
      position: integer('position').notNull(),
      mediaId: text('media_id')
        .notNull()
        .references(() => media.id),
    },
    a => [
      primaryKey({ columns: [a.articleId, a.position] }),
      index('article_media_uses').on(a.mediaId, a.articleId),
    ],
  )

  const versions = table(
    'versions',
    {
      articleId: text('article_id')
        .notNull()
        .references(() => articles.id),
      number: integer('number').notNull(),
      kind: word('kind', versionKinds).notNull(),
      at: instant('at').notNull(),
      note: text('note'),
      keyId: text('key_id'),
      snapshot: json<Record<string, unknown>>('snapshot').notNull(),
    },
    v => [primaryKey({ columns: [v.articleId, v.number] })],
  )

  // Why an article was withdrawn: the reason is the newsroom's, the notice is the tombstone's.
  const withdrawals = table('withdrawals', {
    articleId: text('article_id')
      .primaryKey()
      .references(() => articles.id),
    reason: text('reason').notNull(),
    keyId: text('key_id'),
  })

  const keys = table(
    'keys',
    {
      id: text('id').primaryKey(),
      prefix: text('prefix').notNull(),
      hash: text('hash').notNull(),
      name: text('name').notNull(),
      scopes: json<string[]>('scopes').notNull(),
      createdAt: instant('created_at').notNull(),
      expiresAt: instant('expires_at'),
      revokedAt: instant('revoked_at'),
    },
    k => [uniqueIndex('keys_prefix').on(k.prefix)],
  )

  // What came from outside, by its own name: a second import of the same version changes nothing.
  const imports = table(
    'imports',
    {
      uri: text('uri').primaryKey(),
      version: text('version').notNull(),
      versionCreated: instant('version_created'),
      // `none` is an item that was canceled before anything was made of it.
      subjectType: word('subject_type', ['article', 'media', 'tag', 'none'] as const).notNull(),
      subjectId: text('subject_id').notNull(),
      importedAt: instant('imported_at').notNull(),
    },
    i => [index('imports_subject').on(i.subjectId)],
  )

  const desk = { tags, media, articles, articleTags, articleMedia, versions, withdrawals, keys, imports }
  return { live, all: { ...live, ...desk } }
}

export type LiveTables = ReturnType<typeof describeTables>['live']
export type AllTables = ReturnType<typeof describeTables>['all']
