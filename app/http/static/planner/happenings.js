/** The newest events of the workspace, newest first, and how many of them were not looked at yet. */

import { computed, signal } from "@preact/signals";

import { seen } from "./prefs.js";

/** @typedef {import("./shapes.d.ts").Happening} Happening */

const KEPT = 200;

/** @type {import("@preact/signals").Signal<Happening[]>} */
export const happenings = signal([]);

/** The event that told of new figures last; empty before the first. */
export const lastMeasured = signal("");

/** @param {Happening} event */
function isMeasured(event) {
  return event.type === "analytics.updated";
}

/** How many came after the one that was seen last, as far back as they are held. */
export const unseen = computed(() => {
  const place = happenings.value.findIndex((each) => each.cursor === seen.value);
  return place < 0 ? happenings.value.length : place;
});

/**
 * Take events, newest first, that came after those that are known. What is said of a post as a whole is left out: each
 * of its jobs says the same. So is what only says that there are new figures.
 * @param {Happening[]} news
 */
export function takeHappenings(news) {
  const measured = news.find(isMeasured);
  if (measured) lastMeasured.value = measured.id;
  const told = news.filter((each) => each.subject?.__typename !== "Post" && !isMeasured(each));
  const known = happenings.peek();
  if (told.length && told[0].id !== known[0]?.id) happenings.value = [...told, ...known].slice(0, KEPT);
}

/** Everything was looked at. */
export function seeAll() {
  seen.value = happenings.peek()[0]?.cursor ?? seen.value;
}
