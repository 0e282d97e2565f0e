ALTER TABLE `embargoed_publications` ADD `form` blob;--> statement-breakpoint
ALTER TABLE `embargoed_publications` ADD `form_version` integer;--> statement-breakpoint
ALTER TABLE `embargoed_publications` ADD `tag_ids` text;--> statement-breakpoint
ALTER TABLE `embargoed_publications` ADD `media_ids` text;--> statement-breakpoint
ALTER TABLE `held_publications` ADD `form` blob;--> statement-breakpoint
ALTER TABLE `held_publications` ADD `form_version` integer;--> statement-breakpoint
ALTER TABLE `held_publications` ADD `tag_ids` text;--> statement-breakpoint
ALTER TABLE `held_publications` ADD `media_ids` text;--> statement-breakpoint
ALTER TABLE `publications` ADD `form` blob;--> statement-breakpoint
ALTER TABLE `publications` ADD `form_version` integer;--> statement-breakpoint
ALTER TABLE `publications` ADD `tag_ids` text;--> statement-breakpoint
ALTER TABLE `publications` ADD `media_ids` text;