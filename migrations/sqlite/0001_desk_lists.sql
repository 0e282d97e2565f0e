DROP INDEX `articles_section`;--> statement-breakpoint
CREATE INDEX `articles_section_edited` ON `articles` (`section_id`,`edited_at`,`id`);--> statement-breakpoint
CREATE INDEX `articles_desk_edited` ON `articles` (`desk_status`,`edited_at`,`id`);--> statement-breakpoint
CREATE INDEX `articles_live_edited` ON `articles` (`live_status`,`edited_at`,`id`);--> statement-breakpoint
CREATE INDEX `articles_language_edited` ON `articles` (`language`,`edited_at`,`id`);--> statement-breakpoint
ALTER TABLE `tags` ADD `shown_at` integer;