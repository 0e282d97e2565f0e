CREATE TABLE `article_media` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`media_id` text NOT NULL,
	PRIMARY KEY(`article_id`, `position`),
	FOREIGN KEY (`article_id`) REFERENCES `articles`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`media_id`) REFERENCES `media`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `article_media_uses` ON `article_media` (`media_id`,`article_id`);--> statement-breakpoint
CREATE TABLE `article_tags` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`tag_id` text NOT NULL,
	PRIMARY KEY(`article_id`, `position`),
	FOREIGN KEY (`article_id`) REFERENCES `articles`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`tag_id`) REFERENCES `tags`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `article_tags_uses` ON `article_tags` (`tag_id`,`article_id`);--> statement-breakpoint
CREATE TABLE `articles` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`desk_status` text NOT NULL,
	`live_status` text NOT NULL,
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
	`slug` text,
	`section_id` text,
	`body_html` text,
	`editorial_note` text,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`edited_at` integer NOT NULL,
	`published_at` integer,
	FOREIGN KEY (`section_id`) REFERENCES `tags`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `articles_edited` ON `articles` (`edited_at`,`id`);--> statement-breakpoint
CREATE INDEX `articles_section` ON `articles` (`section_id`);--> statement-breakpoint
CREATE INDEX `articles_story` ON `articles` (`story_id`,`language`);--> statement-breakpoint
CREATE INDEX `articles_slug` ON `articles` (`slug`);--> statement-breakpoint
CREATE TABLE `changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`action` text NOT NULL,
	`version` integer
);
--> statement-breakpoint
CREATE TABLE `head` (
	`id` integer PRIMARY KEY NOT NULL,
	`epoch` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `history` (
	`article_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`note` text,
	PRIMARY KEY(`article_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `imports` (
	`uri` text PRIMARY KEY NOT NULL,
	`version` text NOT NULL,
	`version_created` integer,
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`imported_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `imports_subject` ON `imports` (`subject_id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_prefix` ON `keys` (`prefix`);--> statement-breakpoint
CREATE TABLE `live_media` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`caption` text,
	`credit` text,
	`alt` text,
	`photographer` text,
	`rights` text,
	`content_hash` text,
	`content_type` text,
	`extension` text,
	`width` integer,
	`height` integer,
	`bytes` integer,
	`renditions` text NOT NULL,
	`uses` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `live_tag_names` (
	`tag_id` text NOT NULL,
	`folded` text NOT NULL,
	PRIMARY KEY(`tag_id`, `folded`)
);
--> statement-breakpoint
CREATE INDEX `live_tag_names_prefix` ON `live_tag_names` (`folded`,`tag_id`);--> statement-breakpoint
CREATE TABLE `live_tags` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`kind` text NOT NULL,
	`names` text NOT NULL,
	`parent_id` text,
	`media_topic` text,
	`wikidata` text,
	`uses` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `live_tags_slug` ON `live_tags` (`slug`);--> statement-breakpoint
CREATE INDEX `live_tags_kind` ON `live_tags` (`kind`,`slug`);--> statement-breakpoint
CREATE INDEX `live_tags_parent` ON `live_tags` (`parent_id`,`slug`);--> statement-breakpoint
CREATE TABLE `media` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`caption` text,
	`credit` text,
	`alt` text,
	`photographer` text,
	`rights` text,
	`content_hash` text,
	`content_type` text,
	`extension` text,
	`width` integer,
	`height` integer,
	`bytes` integer,
	`renditions` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `publication_bodies` (
	`article_id` text PRIMARY KEY NOT NULL,
	`html` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `publication_media` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`media_id` text NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `publication_media_uses` ON `publication_media` (`media_id`,`article_id`);--> statement-breakpoint
CREATE TABLE `publication_tags` (
	`article_id` text NOT NULL,
	`position` integer NOT NULL,
	`tag_id` text NOT NULL,
	`language` text NOT NULL,
	`published_at` integer NOT NULL,
	PRIMARY KEY(`article_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `publication_tags_newest` ON `publication_tags` (`tag_id`,`published_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `publication_tags_language` ON `publication_tags` (`tag_id`,`language`,`published_at`,`article_id`);--> statement-breakpoint
CREATE TABLE `publications` (
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
CREATE INDEX `publications_newest` ON `publications` (`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `publications_language` ON `publications` (`language`,`published_at`,`article_id`,`section_id`);--> statement-breakpoint
CREATE INDEX `publications_updated` ON `publications` (`updated_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `publications_language_updated` ON `publications` (`language`,`updated_at`,`article_id`);--> statement-breakpoint
CREATE INDEX `publications_story` ON `publications` (`story_id`,`language`);--> statement-breakpoint
CREATE TABLE `slugs` (
	`slug` text PRIMARY KEY NOT NULL,
	`article_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `slugs_article` ON `slugs` (`article_id`);--> statement-breakpoint
CREATE TABLE `tag_redirects` (
	`slug` text PRIMARY KEY NOT NULL,
	`tag_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tags` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`kind` text NOT NULL,
	`names` text NOT NULL,
	`parent_id` text,
	`media_topic` text,
	`wikidata` text,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_slug` ON `tags` (`slug`);--> statement-breakpoint
CREATE INDEX `tags_kind` ON `tags` (`kind`,`slug`);--> statement-breakpoint
CREATE INDEX `tags_parent` ON `tags` (`parent_id`);--> statement-breakpoint
CREATE TABLE `tombstones` (
	`article_id` text PRIMARY KEY NOT NULL,
	`withdrawn_at` integer NOT NULL,
	`notice` text NOT NULL,
	`replacement_id` text
);
--> statement-breakpoint
CREATE TABLE `versions` (
	`article_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`note` text,
	`key_id` text,
	`snapshot` text NOT NULL,
	PRIMARY KEY(`article_id`, `number`),
	FOREIGN KEY (`article_id`) REFERENCES `articles`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `withdrawals` (
	`article_id` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`key_id` text,
	FOREIGN KEY (`article_id`) REFERENCES `articles`(`id`) ON UPDATE no action ON DELETE no action
);
