/** The time as the page shows it: it moves once a minute, and at once when a person comes back to the tab. */

import { computed, signal } from "@preact/signals";

import { zone } from "./sync.js";
import { dayOf, wallOf } from "./zones.js";

/** Milliseconds, exact to the minute. */
export const now = signal(Date.now());

/** The day of today in the page's zone. */
export const today = computed(() => dayOf(now.value, zone.value));

/** The hour of now in the page's zone: `2026-11-21T09`. */
export const hour = computed(() => wallOf(now.value, zone.value).slice(0, 13));

function tick() {
  now.value = Date.now();
}

setInterval(tick, 60_000);
document.addEventListener("visibilitychange", tick);
