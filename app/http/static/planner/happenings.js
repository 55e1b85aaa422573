/** The newest events of the workspace, newest first, and how many of them were not looked at yet. */

import { computed, signal } from "@preact/signals";

import { seen } from "./prefs.js";

/** @typedef {import("./shapes.d.ts").Happening} Happening */

const KEPT = 200;

/** @type {import("@preact/signals").Signal<Happening[]>} */
export const happenings = signal([]);

/** How many came after the one that was seen last, as far back as they are held. */
export const unseen = computed(() => {
  const place = happenings.value.findIndex((each) => each.cursor === seen.value);
  return place < 0 ? happenings.value.length : place;
});

/**
 * Take events, newest first, that came after those that are known. What is said of a post as a whole is left out: each
 * of its jobs says the same.
 * @param {Happening[]} news
 */
export function takeHappenings(news) {
  const told = news.filter((each) => each.subject?.__typename !== "Post");
  const known = happenings.peek();
  if (told.length && told[0].id !== known[0]?.id) happenings.value = [...told, ...known].slice(0, KEPT);
}

/** Everything was looked at. */
export function seeAll() {
  seen.value = happenings.peek()[0]?.cursor ?? seen.value;
}
