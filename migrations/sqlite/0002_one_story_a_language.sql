DROP INDEX `publications_story`;--> statement-breakpoint
CREATE UNIQUE INDEX `publications_story_language` ON `publications` (`story_id`,`language`);