import {
  type Access,
  accesses,
  actions,
  actorKinds,
  articleKinds,
  auditedTypes,
  deskStatuses,
  holders,
  importStatuses,
  liveStatuses,
  mediaTypes,
  mutations,
  type Names,
  type ScheduledPublish,
  type StoredRendition,
  subjectTypes,
  tagKinds,
  versionKinds,
} from '../words.ts'
import type { ColumnKit } from './columns.sqlite.ts'
import { sql } from './drizzle.ts'

/**
 * Every table, described once for both engines: the kit has the engine's column builders.
 * `live` is all that delivery can reach; `desk` is what only the newsroom sees.
 */
export function describeTables(kit: ColumnKit) {
  const { table, text, word, integer, instant, json, bytes, index, uniqueIndex, primaryKey } = kit

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
    // The length of the public original: the upload without its metadata. Null until that file was made.
    bareBytes: integer('bare_bytes'),
    renditions: json<StoredRendition[]>('renditions').notNull(),
  })

  // The spine. One row of head, raised last in every transaction that changes what readers see.
  const head = table('head', {
    id: integer('id').primaryKey(),
    epoch: text('epoch').notNull(),
    seq: integer('seq').notNull(),
    at: instant('at').notNull(),
    // Raised with what waits under embargo: it labels the answers of those who may see that, and no other.
    embargoSeq: integer('embargo_seq').notNull().default(0),
    // Random, new with every commit that raises `embargoSeq`: after a restore the same number has another mark.
    embargoMark: integer('embargo_mark').notNull().default(0),
  })

  const changes = table('changes', {
    seq: integer('seq').primaryKey(),
    at: instant('at').notNull(),
    subjectType: word('subject_type', subjectTypes).notNull(),
    subjectId: text('subject_id').notNull(),
    action: word('action', actions).notNull(),
    version: integer('version'),
    // Random, the same in all rows of a commit: a log that was restored and has grown again has another mark at the same
    // number. 0 in rows of releases that had no marks.
    mark: integer('mark').notNull().default(0),
  })

  /** Where a publication may be, each with tables of its own: before readers, under embargo, or held. */
  function publicationTables<P extends '' | 'embargoed_' | 'held_'>(place: P) {
    const isLive = place === ''
    const publications = table(
      `${place}publications`,
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
        // Of a live one, for its readers: its own fields as they get them, which writing of them this is, and with spaces
        // between the ids of its tags, the section's first, and of its media without the lead. What is null is made of the
        // other columns and tables.
        form: bytes('form'),
        formVersion: integer('form_version'),
        tagIds: text('tag_ids'),
        mediaIds: text('media_ids'),
      },
      p => [
        // The section rides along so that a day is counted by section from the index alone.
        index(`${place}publications_newest`).on(p.publishedAt, p.articleId, p.sectionId),
        index(`${place}publications_language`).on(p.language, p.publishedAt, p.articleId, p.sectionId),
        index(`${place}publications_updated`).on(p.updatedAt, p.articleId),
        index(`${place}publications_language_updated`).on(p.language, p.updatedAt, p.articleId),
        // A story is told once in a language, also when two are published at the same moment.
        (place === 'held_' ? index : uniqueIndex)(`${place}publications_story_language`).on(
          p.storyId,
          p.language,
        ),
        // Live ones are found by `slugs`; the others' are not to be taken meanwhile.
        ...(isLive ? [] : [index(`${place}publications_slug`).on(p.slug)]),
      ],
    )

    const publicationBodies = table(`${place}publication_bodies`, {
      articleId: text('article_id').primaryKey(),
      html: text('html').notNull(),
      text: text('text').notNull(),
    })

    // Position 0 is the section: a section's list and a tag's list are the same walk.
    const publicationTags = table(
      `${place}publication_tags`,
      {
        articleId: text('article_id').notNull(),
        position: integer('position').notNull(),
        tagId: text('tag_id').notNull(),
        language: text('language').notNull(),
        publishedAt: instant('published_at').notNull(),
      },
      p => [
        primaryKey({ columns: [p.articleId, p.position] }),
        index(`${place}publication_tags_newest`).on(p.tagId, p.publishedAt, p.articleId),
        index(`${place}publication_tags_language`).on(p.tagId, p.language, p.publishedAt, p.articleId),
      ],
    )

    // Position 0 is the lead picture.
    const publicationMedia = table(
      `${place}publication_media`,
      {
        articleId: text('article_id').notNull(),
        position: integer('position').notNull(),
        mediaId: text('media_id').notNull(),
      },
      p => [
        primaryKey({ columns: [p.articleId, p.position] }),
        index(`${place}publication_media_uses`).on(p.mediaId, p.articleId),
      ],
    )

    const history = table(
      `${place}history`,
      {
        articleId: text('article_id').notNull(),
        number: integer('number').notNull(),
        kind: word('kind', versionKinds).notNull(),
        at: instant('at').notNull(),
        note: text('note'),
      },
      h => [primaryKey({ columns: [h.articleId, h.number] })],
    )
    return { publications, publicationBodies, publicationTags, publicationMedia, history }
  }

  const { publications, publicationBodies, publicationTags, publicationMedia, history } =
    publicationTables('')
  type PublicationTables = ReturnType<typeof publicationTables<''>>
  // The same but for their names, which the types have too: what reads the one reads the others.
  const embargoed = publicationTables('embargoed_') as unknown as PublicationTables
  const held = publicationTables('held_') as unknown as PublicationTables

  // Every slug a reader ever saw; the one that is not the publication's own redirects.
  const slugs = table(
    'slugs',
    { slug: text('slug').primaryKey(), articleId: text('article_id').notNull() },
    s => [index('slugs_article').on(s.articleId)],
  )

  const tombstoneFacts = () => ({
    articleId: text('article_id').primaryKey(),
    withdrawnAt: instant('withdrawn_at').notNull(),
    notice: text('notice').notNull(),
    replacementId: text('replacement_id'),
  })
  const tombstones = table('tombstones', tombstoneFacts(), x => [
    index('tombstones_replacement').on(x.replacementId).where(sql`replacement_id is not null`),
  ])
  // Of what was withdrawn before the public saw it: for those who saw it under embargo.
  const embargoedTombstones = table('embargoed_tombstones', tombstoneFacts()) as unknown as typeof tombstones

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

  const media = table(
    'media',
    {
      ...mediaFacts(),
      revision: integer('revision').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
    },
    m => [index('media_not_bare').on(m.id).where(sql`content_hash is not null and bare_bytes is null`)],
  )

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
      // When it goes live by itself, and how.
      publishAt: instant('publish_at'),
      schedule: json<ScheduledPublish>('schedule'),
      // Until when the version that waits, or is held, is under embargo.
      embargoedUntil: instant('embargoed_until'),
      // Who holds it, while `liveStatus` is held.
      heldBy: word('held_by', holders),
      // The number of the version that the public saw last; 0 before it saw any.
      publicVersion: integer('public_version').notNull().default(0),
    },
    a => [
      index('articles_due').on(a.publishAt).where(sql`publish_at is not null`),
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

  // What came from outside, by its own name: a second import of the same version changes nothing. What its sender took back
  // of it stands beside it under a name of its own: all up to a version, all that was made up to an instant, or both.
  const imports = table(
    'imports',
    {
      uri: text('uri').primaryKey(),
      version: text('version').notNull(),
      versionCreated: instant('version_created'),
      // `none` is of what was taken back.
      subjectType: word('subject_type', ['article', 'media', 'tag', 'none'] as const).notNull(),
      subjectId: text('subject_id').notNull(),
      importedAt: instant('imported_at').notNull(),
      // Of what was taken back: up to when it was made.
      canceledAt: instant('canceled_at'),
      // The sender's status of that version. Null means usable. In a withholding's row: see imports.store.ts.
      status: word('status', importStatuses),
    },
    i => [index('imports_subject').on(i.subjectId)],
  )

  // When each publication under embargo lapses.
  const embargoes = table(
    'embargoes',
    { articleId: text('article_id').primaryKey(), until: instant('until').notNull() },
    e => [index('embargoes_due').on(e.until)],
  )

  // Every mutation. Nothing changes or deletes a row: triggers refuse it.
  const audit = table(
    'audit',
    {
      subjectType: word('subject_type', auditedTypes).notNull(),
      subjectId: text('subject_id').notNull(),
      number: integer('number').notNull(),
      at: instant('at').notNull(),
      by: word('by', actorKinds).notNull(),
      keyId: text('key_id'),
      move: word('move', mutations).notNull(),
      before: json<Record<string, unknown>>('before'),
      after: json<Record<string, unknown>>('after'),
      // Of an article that says another text: apart, since lists leave it out.
      bodyBefore: text('body_before'),
      bodyAfter: text('body_after'),
      // What the move said beside: its kind and note, say.
      said: json<Record<string, unknown>>('said'),
      reason: text('reason'),
    },
    a => [
      primaryKey({ columns: [a.subjectType, a.subjectId, a.number] }),
      index('audit_newest').on(a.at, a.subjectType, a.subjectId, a.number),
    ],
  )

  // What a POST with an Idempotency-Key was answered, for a day.
  const answers = table(
    'idempotent_answers',
    {
      keyId: text('key_id').notNull(),
      idempotencyKey: text('idempotency_key').notNull(),
      request: text('request').notNull(),
      status: integer('status').notNull(),
      headers: json<Record<string, string>>('headers').notNull(),
      body: text('body').notNull(),
      at: instant('at').notNull(),
    },
    a => [primaryKey({ columns: [a.keyId, a.idempotencyKey] }), index('idempotent_answers_at').on(a.at)],
  )

  // Addresses by which one working copy is shown without a key; only a hash of each secret is kept.
  const previewLinks = table(
    'preview_links',
    {
      id: text('id').primaryKey(),
      articleId: text('article_id')
        .notNull()
        .references(() => articles.id, { onDelete: 'cascade' }),
      hash: text('hash').notNull(),
      keyId: text('key_id'),
      createdAt: instant('created_at').notNull(),
      expiresAt: instant('expires_at').notNull(),
      revokedAt: instant('revoked_at'),
    },
    p => [index('preview_links_article').on(p.articleId, p.id)],
  )

  const desk = {
    tags,
    media,
    articles,
    articleTags,
    articleMedia,
    versions,
    withdrawals,
    keys,
    imports,
    embargoes,
    embargoedPublications: embargoed.publications,
    embargoedBodies: embargoed.publicationBodies,
    embargoedTags: embargoed.publicationTags,
    embargoedMedia: embargoed.publicationMedia,
    embargoedHistory: embargoed.history,
    embargoedTombstones,
    heldPublications: held.publications,
    heldBodies: held.publicationBodies,
    heldTags: held.publicationTags,
    heldMedia: held.publicationMedia,
    heldHistory: held.history,
    audit,
    answers,
    previewLinks,
  }
  return {
    live,
    all: { ...live, ...desk },
    /** Under embargo: tags and media are the desk's, to be joined and never listed. */
    embargo: {
      ...embargoed,
      tombstones: embargoedTombstones,
      embargoes,
      liveTags: tags as unknown as typeof liveTags,
      liveMedia: media as unknown as typeof liveMedia,
    },
  }
}

type Described = ReturnType<typeof describeTables>
export type LiveTables = Described['live']
export type AllTables = Described['all']
/** The live tables that an article is read from. */
export type ArticleTables = Pick<
  LiveTables,
  | 'publications'
  | 'publicationBodies'
  | 'publicationTags'
  | 'publicationMedia'
  | 'history'
  | 'tombstones'
  | 'liveTags'
  | 'liveMedia'
>
export type EmbargoTables = ArticleTables & Pick<AllTables, 'embargoes'>
