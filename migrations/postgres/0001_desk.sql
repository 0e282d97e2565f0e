CREATE TABLE "idempotent_answers" (
	"key_id" text collate "C" NOT NULL,
	"idempotency_key" text collate "C" NOT NULL,
	"request" text collate "C" NOT NULL,
	"status" bigint NOT NULL,
	"headers" text collate "C" NOT NULL,
	"body" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "idempotent_answers_key_id_idempotency_key_pk" PRIMARY KEY("key_id","idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"subject_type" text collate "C" NOT NULL,
	"subject_id" text collate "C" NOT NULL,
	"number" bigint NOT NULL,
	"at" bigint NOT NULL,
	"by" text collate "C" NOT NULL,
	"key_id" text collate "C",
	"move" text collate "C" NOT NULL,
	"before" text collate "C",
	"after" text collate "C",
	"body_before" text collate "C",
	"body_after" text collate "C",
	"said" text collate "C",
	"reason" text collate "C",
	CONSTRAINT "audit_subject_type_subject_id_number_pk" PRIMARY KEY("subject_type","subject_id","number")
);
--> statement-breakpoint
CREATE TABLE "embargoed_publication_bodies" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"html" text collate "C" NOT NULL,
	"text" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "embargoed_history" (
	"article_id" text collate "C" NOT NULL,
	"number" bigint NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"note" text collate "C",
	CONSTRAINT "embargoed_history_article_id_number_pk" PRIMARY KEY("article_id","number")
);
--> statement-breakpoint
CREATE TABLE "embargoed_publication_media" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"media_id" text collate "C" NOT NULL,
	CONSTRAINT "embargoed_publication_media_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "embargoed_publications" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"slug" text collate "C" NOT NULL,
	"language" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"headline" text collate "C" NOT NULL,
	"short_headline" text collate "C",
	"summary" text collate "C",
	"dateline" text collate "C",
	"byline" text collate "C",
	"sign_off" text collate "C",
	"urgency" bigint NOT NULL,
	"access" text collate "C" NOT NULL,
	"story_id" text collate "C" NOT NULL,
	"source" text collate "C",
	"usage_terms" text collate "C",
	"section_id" text collate "C" NOT NULL,
	"lead_media_id" text collate "C",
	"word_count" bigint NOT NULL,
	"reading_minutes" bigint NOT NULL,
	"version" bigint NOT NULL,
	"published_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"corrected_at" bigint
);
--> statement-breakpoint
CREATE TABLE "embargoed_publication_tags" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"tag_id" text collate "C" NOT NULL,
	"language" text collate "C" NOT NULL,
	"published_at" bigint NOT NULL,
	CONSTRAINT "embargoed_publication_tags_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "embargoed_tombstones" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"withdrawn_at" bigint NOT NULL,
	"notice" text collate "C" NOT NULL,
	"replacement_id" text collate "C"
);
--> statement-breakpoint
CREATE TABLE "embargoes" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "held_publication_bodies" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"html" text collate "C" NOT NULL,
	"text" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "held_history" (
	"article_id" text collate "C" NOT NULL,
	"number" bigint NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"note" text collate "C",
	CONSTRAINT "held_history_article_id_number_pk" PRIMARY KEY("article_id","number")
);
--> statement-breakpoint
CREATE TABLE "held_publication_media" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"media_id" text collate "C" NOT NULL,
	CONSTRAINT "held_publication_media_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "held_publications" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"slug" text collate "C" NOT NULL,
	"language" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"headline" text collate "C" NOT NULL,
	"short_headline" text collate "C",
	"summary" text collate "C",
	"dateline" text collate "C",
	"byline" text collate "C",
	"sign_off" text collate "C",
	"urgency" bigint NOT NULL,
	"access" text collate "C" NOT NULL,
	"story_id" text collate "C" NOT NULL,
	"source" text collate "C",
	"usage_terms" text collate "C",
	"section_id" text collate "C" NOT NULL,
	"lead_media_id" text collate "C",
	"word_count" bigint NOT NULL,
	"reading_minutes" bigint NOT NULL,
	"version" bigint NOT NULL,
	"published_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"corrected_at" bigint
);
--> statement-breakpoint
CREATE TABLE "held_publication_tags" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"tag_id" text collate "C" NOT NULL,
	"language" text collate "C" NOT NULL,
	"published_at" bigint NOT NULL,
	CONSTRAINT "held_publication_tags_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "preview_links" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"article_id" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"key_id" text collate "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "publish_at" bigint;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "schedule" text collate "C";--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "embargoed_until" bigint;--> statement-breakpoint
ALTER TABLE "head" ADD COLUMN "embargo_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "preview_links" ADD CONSTRAINT "preview_links_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idempotent_answers_at" ON "idempotent_answers" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_newest" ON "audit" USING btree ("at","subject_type","subject_id","number");--> statement-breakpoint
CREATE INDEX "embargoed_publication_media_uses" ON "embargoed_publication_media" USING btree ("media_id","article_id");--> statement-breakpoint
CREATE INDEX "embargoed_publications_newest" ON "embargoed_publications" USING btree ("published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "embargoed_publications_language" ON "embargoed_publications" USING btree ("language","published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "embargoed_publications_updated" ON "embargoed_publications" USING btree ("updated_at","article_id");--> statement-breakpoint
CREATE INDEX "embargoed_publications_language_updated" ON "embargoed_publications" USING btree ("language","updated_at","article_id");--> statement-breakpoint
CREATE UNIQUE INDEX "embargoed_publications_story_language" ON "embargoed_publications" USING btree ("story_id","language");--> statement-breakpoint
CREATE INDEX "embargoed_publications_slug" ON "embargoed_publications" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "embargoed_publication_tags_newest" ON "embargoed_publication_tags" USING btree ("tag_id","published_at","article_id");--> statement-breakpoint
CREATE INDEX "embargoed_publication_tags_language" ON "embargoed_publication_tags" USING btree ("tag_id","language","published_at","article_id");--> statement-breakpoint
CREATE INDEX "embargoes_due" ON "embargoes" USING btree ("until");--> statement-breakpoint
CREATE INDEX "held_publication_media_uses" ON "held_publication_media" USING btree ("media_id","article_id");--> statement-breakpoint
CREATE INDEX "held_publications_newest" ON "held_publications" USING btree ("published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "held_publications_language" ON "held_publications" USING btree ("language","published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "held_publications_updated" ON "held_publications" USING btree ("updated_at","article_id");--> statement-breakpoint
CREATE INDEX "held_publications_language_updated" ON "held_publications" USING btree ("language","updated_at","article_id");--> statement-breakpoint
CREATE INDEX "held_publications_story_language" ON "held_publications" USING btree ("story_id","language");--> statement-breakpoint
CREATE INDEX "held_publications_slug" ON "held_publications" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "held_publication_tags_newest" ON "held_publication_tags" USING btree ("tag_id","published_at","article_id");--> statement-breakpoint
CREATE INDEX "held_publication_tags_language" ON "held_publication_tags" USING btree ("tag_id","language","published_at","article_id");--> statement-breakpoint
CREATE INDEX "preview_links_article" ON "preview_links" USING btree ("article_id","id");--> statement-breakpoint
CREATE INDEX "articles_due" ON "articles" USING btree ("publish_at") WHERE publish_at is not null;--> statement-breakpoint
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;--> statement-breakpoint
CREATE TRIGGER "audit_kept" BEFORE UPDATE OR DELETE ON "audit" FOR EACH ROW EXECUTE FUNCTION "refuse_audit_change"();
