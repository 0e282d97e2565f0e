CREATE TABLE "article_media" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"media_id" text collate "C" NOT NULL,
	CONSTRAINT "article_media_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "article_tags" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"tag_id" text collate "C" NOT NULL,
	CONSTRAINT "article_tags_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "articles" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"desk_status" text collate "C" NOT NULL,
	"live_status" text collate "C" NOT NULL,
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
	"slug" text collate "C",
	"section_id" text collate "C",
	"body_html" text collate "C",
	"editorial_note" text collate "C",
	"version" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"edited_at" bigint NOT NULL,
	"published_at" bigint
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"subject_type" text collate "C" NOT NULL,
	"subject_id" text collate "C" NOT NULL,
	"action" text collate "C" NOT NULL,
	"version" bigint
);
--> statement-breakpoint
CREATE TABLE "head" (
	"id" bigint PRIMARY KEY NOT NULL,
	"epoch" text collate "C" NOT NULL,
	"seq" bigint NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "history" (
	"article_id" text collate "C" NOT NULL,
	"number" bigint NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"note" text collate "C",
	CONSTRAINT "history_article_id_number_pk" PRIMARY KEY("article_id","number")
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"uri" text collate "C" PRIMARY KEY NOT NULL,
	"version" text collate "C" NOT NULL,
	"version_created" bigint,
	"subject_type" text collate "C" NOT NULL,
	"subject_id" text collate "C" NOT NULL,
	"imported_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"prefix" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"scopes" text collate "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "live_media" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"type" text collate "C" NOT NULL,
	"caption" text collate "C",
	"credit" text collate "C",
	"alt" text collate "C",
	"photographer" text collate "C",
	"rights" text collate "C",
	"content_hash" text collate "C",
	"content_type" text collate "C",
	"extension" text collate "C",
	"width" bigint,
	"height" bigint,
	"bytes" bigint,
	"renditions" text collate "C" NOT NULL,
	"uses" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "live_tag_names" (
	"tag_id" text collate "C" NOT NULL,
	"folded" text collate "C" NOT NULL,
	CONSTRAINT "live_tag_names_tag_id_folded_pk" PRIMARY KEY("tag_id","folded")
);
--> statement-breakpoint
CREATE TABLE "live_tags" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"slug" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"names" text collate "C" NOT NULL,
	"parent_id" text collate "C",
	"media_topic" text collate "C",
	"wikidata" text collate "C",
	"uses" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "media" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"type" text collate "C" NOT NULL,
	"caption" text collate "C",
	"credit" text collate "C",
	"alt" text collate "C",
	"photographer" text collate "C",
	"rights" text collate "C",
	"content_hash" text collate "C",
	"content_type" text collate "C",
	"extension" text collate "C",
	"width" bigint,
	"height" bigint,
	"bytes" bigint,
	"renditions" text collate "C" NOT NULL,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "publication_bodies" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"html" text collate "C" NOT NULL,
	"text" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "publication_media" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"media_id" text collate "C" NOT NULL,
	CONSTRAINT "publication_media_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "publication_tags" (
	"article_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"tag_id" text collate "C" NOT NULL,
	"language" text collate "C" NOT NULL,
	"published_at" bigint NOT NULL,
	CONSTRAINT "publication_tags_article_id_position_pk" PRIMARY KEY("article_id","position")
);
--> statement-breakpoint
CREATE TABLE "publications" (
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
CREATE TABLE "slugs" (
	"slug" text collate "C" PRIMARY KEY NOT NULL,
	"article_id" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tag_redirects" (
	"slug" text collate "C" PRIMARY KEY NOT NULL,
	"tag_id" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"slug" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"names" text collate "C" NOT NULL,
	"parent_id" text collate "C",
	"media_topic" text collate "C",
	"wikidata" text collate "C",
	"revision" bigint NOT NULL,
	"shown_at" bigint,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tombstones" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"withdrawn_at" bigint NOT NULL,
	"notice" text collate "C" NOT NULL,
	"replacement_id" text collate "C"
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"article_id" text collate "C" NOT NULL,
	"number" bigint NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"note" text collate "C",
	"key_id" text collate "C",
	"snapshot" text collate "C" NOT NULL,
	CONSTRAINT "versions_article_id_number_pk" PRIMARY KEY("article_id","number")
);
--> statement-breakpoint
CREATE TABLE "withdrawals" (
	"article_id" text collate "C" PRIMARY KEY NOT NULL,
	"reason" text collate "C" NOT NULL,
	"key_id" text collate "C"
);
--> statement-breakpoint
ALTER TABLE "article_media" ADD CONSTRAINT "article_media_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_media" ADD CONSTRAINT "article_media_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_tags" ADD CONSTRAINT "article_tags_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_tags" ADD CONSTRAINT "article_tags_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_section_id_tags_id_fk" FOREIGN KEY ("section_id") REFERENCES "public"."tags"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "versions" ADD CONSTRAINT "versions_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "withdrawals" ADD CONSTRAINT "withdrawals_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "article_media_uses" ON "article_media" USING btree ("media_id","article_id");--> statement-breakpoint
CREATE INDEX "article_tags_uses" ON "article_tags" USING btree ("tag_id","article_id");--> statement-breakpoint
CREATE INDEX "articles_edited" ON "articles" USING btree ("edited_at","id");--> statement-breakpoint
CREATE INDEX "articles_section_edited" ON "articles" USING btree ("section_id","edited_at","id");--> statement-breakpoint
CREATE INDEX "articles_desk_edited" ON "articles" USING btree ("desk_status","edited_at","id");--> statement-breakpoint
CREATE INDEX "articles_live_edited" ON "articles" USING btree ("live_status","edited_at","id");--> statement-breakpoint
CREATE INDEX "articles_language_edited" ON "articles" USING btree ("language","edited_at","id");--> statement-breakpoint
CREATE INDEX "articles_story" ON "articles" USING btree ("story_id","language");--> statement-breakpoint
CREATE INDEX "articles_slug" ON "articles" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "imports_subject" ON "imports" USING btree ("subject_id");--> statement-breakpoint
CREATE UNIQUE INDEX "keys_prefix" ON "keys" USING btree ("prefix");--> statement-breakpoint
CREATE INDEX "live_tag_names_prefix" ON "live_tag_names" USING btree ("folded","tag_id");--> statement-breakpoint
CREATE UNIQUE INDEX "live_tags_slug" ON "live_tags" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "live_tags_kind" ON "live_tags" USING btree ("kind","slug");--> statement-breakpoint
CREATE INDEX "live_tags_parent" ON "live_tags" USING btree ("parent_id","slug");--> statement-breakpoint
CREATE INDEX "publication_media_uses" ON "publication_media" USING btree ("media_id","article_id");--> statement-breakpoint
CREATE INDEX "publication_tags_newest" ON "publication_tags" USING btree ("tag_id","published_at","article_id");--> statement-breakpoint
CREATE INDEX "publication_tags_language" ON "publication_tags" USING btree ("tag_id","language","published_at","article_id");--> statement-breakpoint
CREATE INDEX "publications_newest" ON "publications" USING btree ("published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "publications_language" ON "publications" USING btree ("language","published_at","article_id","section_id");--> statement-breakpoint
CREATE INDEX "publications_updated" ON "publications" USING btree ("updated_at","article_id");--> statement-breakpoint
CREATE INDEX "publications_language_updated" ON "publications" USING btree ("language","updated_at","article_id");--> statement-breakpoint
CREATE UNIQUE INDEX "publications_story_language" ON "publications" USING btree ("story_id","language");--> statement-breakpoint
CREATE INDEX "slugs_article" ON "slugs" USING btree ("article_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tags_slug" ON "tags" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "tags_kind" ON "tags" USING btree ("kind","slug");--> statement-breakpoint
CREATE INDEX "tags_parent" ON "tags" USING btree ("parent_id");