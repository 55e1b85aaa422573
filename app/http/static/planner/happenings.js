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

/** @param {Happening} event */
export function takeHappening(event) {
  if (happenings.peek()[0]?.id === event.id) return;
  happenings.value = [event, ...happenings.value.slice(0, KEPT - 1)];
}

/** Everything was looked at. */
export function seeAll() {
  seen.value = happenings.peek()[0]?.cursor ?? seen.value;
}
