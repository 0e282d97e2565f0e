CREATE TABLE `idempotent_answers` (
	`key_id` text NOT NULL,
	`idempotency_key` text NOT NULL,
	`request` text NOT NULL,
	`status` integer NOT NULL,
	`headers` text NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`key_id`, `idempotency_key`)
);
--> statement-breakpoint
CREATE INDEX `idempotent_answers_at` ON `idempotent_answers` (`at`);--> statement-breakpoint
CREATE TABLE `audit` (
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`key_id` text,
	`move` text NOT NULL,
	`before` text,
	`after` text,
	`body_before` text,
	`body_after` text,
	`said` text,
	`reason` text,
	PRIMARY KEY(`subject_type`, `subject_id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `audit_newest` ON `audit` (`at`,`subject_type`,`subject_id`,`number`);--> statement-breakpoint
CREATE TABLE `embargoed_publication_bodies` (
	`article_id` text PRIMARY KEY NOT NULL,
	`html` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `embargoed_history` (
	`article_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`note` text,
	PRIMARY KEY(`article_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `embargoed_publication_media` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`media_id` text NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `embargoed_publication_media_uses` ON `embargoed_publication_media` (`media_id`,`article_id`);--> statement-breakpoint
CREATE TABLE `embargoed_publications` (
	`article_id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`language` text NOT NULL,
	`kind` text NOT NULL,
	`headline` text NOT NULL,
	`short_headline` text,
	`summary` text,
	`dateline` text,
	`byline` text,
	`sign_off` text,
	`urgency` integer NOT NULL,
	`access` text NOT NULL,
	`story_id` text NOT NULL,
	`source` text,
	`usage_terms` text,
	`section_id` text NOT NULL,
	`lead_media_id` text,
	`word_count` integer NOT NULL,
	`reading_minutes` integer NOT NULL,
	`version` integer NOT NULL,
	`published_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`corrected_at` integer
);
--> statement-breakpoint
CREATE INDEX `embargoed_publications_newest` ON `embargoed_publications` (`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `embargoed_publications_language` ON `embargoed_publications` (`language`,`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `embargoed_publications_updated` ON `embargoed_publications` (`updated_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `embargoed_publications_language_updated` ON `embargoed_publications` (`language`,`updated_at`,`article_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `embargoed_publications_story_language` ON `embargoed_publications` (`story_id`,`language`);--> statement-breakpoint
CREATE INDEX `embargoed_publications_slug` ON `embargoed_publications` (`slug`);--> statement-breakpoint
CREATE TABLE `embargoed_publication_tags` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`tag_id` text NOT NULL,
	`language` text NOT NULL,
	`published_at` integer NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `embargoed_publication_tags_newest` ON `embargoed_publication_tags` (`tag_id`,`published_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `embargoed_publication_tags_language` ON `embargoed_publication_tags` (`tag_id`,`language`,`published_at`,`article_id`);--> statement-breakpoint
CREATE TABLE `embargoed_tombstones` (
	`article_id` text PRIMARY KEY NOT NULL,
	`withdrawn_at` integer NOT NULL,
	`notice` text NOT NULL,
	`replacement_id` text
);
--> statement-breakpoint
CREATE TABLE `embargoes` (
	`article_id` text PRIMARY KEY NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `embargoes_due` ON `embargoes` (`until`);--> statement-breakpoint
CREATE TABLE `held_publication_bodies` (
	`article_id` text PRIMARY KEY NOT NULL,
	`html` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `held_history` (
	`article_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`note` text,
	PRIMARY KEY(`article_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `held_publication_media` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`media_id` text NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `held_publication_media_uses` ON `held_publication_media` (`media_id`,`article_id`);--> statement-breakpoint
CREATE TABLE `held_publications` (
	`article_id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`language` text NOT NULL,
	`kind` text NOT NULL,
	`headline` text NOT NULL,
	`short_headline` text,
	`summary` text,
	`dateline` text,
	`byline` text,
	`sign_off` text,
	`urgency` integer NOT NULL,
	`access` text NOT NULL,
	`story_id` text NOT NULL,
	`source` text,
	`usage_terms` text,
	`section_id` text NOT NULL,
	`lead_media_id` text,
	`word_count` integer NOT NULL,
	`reading_minutes` integer NOT NULL,
	`version` integer NOT NULL,
	`published_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`corrected_at` integer
);
--> statement-breakpoint
CREATE INDEX `held_publications_newest` ON `held_publications` (`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `held_publications_language` ON `held_publications` (`language`,`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `held_publications_updated` ON `held_publications` (`updated_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `held_publications_language_updated` ON `held_publications` (`language`,`updated_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `held_publications_story_language` ON `held_publications` (`story_id`,`language`);--> statement-breakpoint
CREATE INDEX `held_publications_slug` ON `held_publications` (`slug`);--> statement-breakpoint
CREATE TABLE `held_publication_tags` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`tag_id` text NOT NULL,
	`language` text NOT NULL,
	`published_at` integer NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `held_publication_tags_newest` ON `held_publication_tags` (`tag_id`,`published_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `held_publication_tags_language` ON `held_publication_tags` (`tag_id`,`language`,`published_at`,`article_id`);--> statement-breakpoint
CREATE TABLE `preview_links` (
	`id` text PRIMARY KEY NOT NULL,
	`article_id` text NOT NULL,
	`hash` text NOT NULL,
	`key_id` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`article_id`) REFERENCES `articles`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `preview_links_article` ON `preview_links` (`article_id`,`id`);--> statement-breakpoint
ALTER TABLE `articles` ADD `publish_at` integer;--> statement-breakpoint
ALTER TABLE `articles` ADD `schedule` text;--> statement-breakpoint
ALTER TABLE `articles` ADD `embargoed_until` integer;--> statement-breakpoint
CREATE INDEX `articles_due` ON `articles` (`publish_at`) WHERE publish_at is not null;--> statement-breakpoint
ALTER TABLE `head` ADD `embargo_seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE TRIGGER `audit_kept` BEFORE UPDATE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;--> statement-breakpoint
CREATE TRIGGER `audit_not_deleted` BEFORE DELETE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
