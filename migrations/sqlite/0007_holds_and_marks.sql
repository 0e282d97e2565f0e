ALTER TABLE `articles` ADD `held_by` text;--> statement-breakpoint
ALTER TABLE `articles` ADD `public_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `changes` ADD `mark` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `head` ADD `embargo_mark` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `imports` ADD `status` text;--> statement-breakpoint
ALTER TABLE `live_media` ADD `bare_bytes` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `bare_bytes` integer;--> statement-breakpoint
CREATE INDEX `media_not_bare` ON `media` (`id`) WHERE content_hash is not null and bare_bytes is null;--> statement-breakpoint
UPDATE `articles` SET `held_by` = 'editor' WHERE `live_status` = 'held';--> statement-breakpoint
UPDATE `articles` SET `public_version` = coalesce(CASE
  WHEN `published_at` IS NULL THEN 0
  WHEN `live_status` = 'live' THEN (SELECT p.`version` FROM `publications` p WHERE p.`article_id` = `articles`.`id`)
  WHEN `live_status` = 'held' THEN (
    SELECT max(h.`number`) FROM `held_history` h JOIN `held_publications` p ON p.`article_id` = h.`article_id`
    WHERE h.`article_id` = `articles`.`id` AND (`articles`.`embargoed_until` IS NULL OR h.`number` <> p.`version`))
  WHEN `live_status` = 'embargoed' THEN (
    SELECT max(h.`number`) FROM `embargoed_history` h JOIN `embargoed_publications` p ON p.`article_id` = h.`article_id`
    WHERE h.`article_id` = `articles`.`id` AND h.`number` <> p.`version`)
  ELSE `version` END, 0);
