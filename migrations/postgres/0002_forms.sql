ALTER TABLE "embargoed_publications" ADD COLUMN "form" "bytea";--> statement-breakpoint
ALTER TABLE "embargoed_publications" ADD COLUMN "form_version" bigint;--> statement-breakpoint
ALTER TABLE "embargoed_publications" ADD COLUMN "tag_ids" text collate "C";--> statement-breakpoint
ALTER TABLE "embargoed_publications" ADD COLUMN "media_ids" text collate "C";--> statement-breakpoint
ALTER TABLE "held_publications" ADD COLUMN "form" "bytea";--> statement-breakpoint
ALTER TABLE "held_publications" ADD COLUMN "form_version" bigint;--> statement-breakpoint
ALTER TABLE "held_publications" ADD COLUMN "tag_ids" text collate "C";--> statement-breakpoint
ALTER TABLE "held_publications" ADD COLUMN "media_ids" text collate "C";--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "form" "bytea";--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "form_version" bigint;--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "tag_ids" text collate "C";--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "media_ids" text collate "C";