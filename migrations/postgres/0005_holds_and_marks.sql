ALTER TABLE "articles" ADD COLUMN "held_by" text collate "C";--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "public_version" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "mark" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "head" ADD COLUMN "embargo_mark" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "status" text collate "C";--> statement-breakpoint
ALTER TABLE "live_media" ADD COLUMN "bare_bytes" bigint;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "bare_bytes" bigint;--> statement-breakpoint
CREATE INDEX "media_not_bare" ON "media" USING btree ("id") WHERE content_hash is not null and bare_bytes is null;--> statement-breakpoint
UPDATE "articles" SET "held_by" = 'editor' WHERE "live_status" = 'held';--> statement-breakpoint
UPDATE "articles" SET "public_version" = coalesce(CASE
  WHEN "published_at" IS NULL THEN 0
  WHEN "live_status" = 'live' THEN (SELECT p."version" FROM "publications" p WHERE p."article_id" = "articles"."id")
  WHEN "live_status" = 'held' THEN (
    SELECT max(h."number") FROM "held_history" h JOIN "held_publications" p ON p."article_id" = h."article_id"
    WHERE h."article_id" = "articles"."id" AND ("articles"."embargoed_until" IS NULL OR h."number" <> p."version"))
  WHEN "live_status" = 'embargoed' THEN (
    SELECT max(h."number") FROM "embargoed_history" h JOIN "embargoed_publications" p ON p."article_id" = h."article_id"
    WHERE h."article_id" = "articles"."id" AND h."number" <> p."version")
  ELSE "version" END, 0);
