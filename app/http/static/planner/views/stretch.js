/** What week and month share: the days that they show are read, and the way to other days. */

import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { rangeOf } from "../calendar.js";
import { today } from "../clock.js";
import { isFiltered } from "../filters.js";
import { FilterBar } from "../filterbar.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { bind } from "../keyboard.js";
import { link } from "../live.js";
import { addressOf, go } from "../router.js";
import { placement } from "../store.js";
import { ensureStop } from "../roving.js";
import { beginning, load, loading, zone } from "../sync.js";
import { counted } from "../words.js";

/**
 * Read the jobs of these days, and again with another zone; gives what went wrong, and how to try again.
 * @param {string} first
 * @param {string} last
 */
export function useStretch(first, last) {
  const problem = useSignal(/** @type {Error | null} */ (null));
  const zoneName = zone.value;
  const ready = beginning.value;
  function read() {
    problem.value = null;
    const { from, until } = rangeOf(first, last, zoneName);
    load({ dueFrom: from, dueUntil: until }).catch((error) => (problem.value = error));
  }
  useEffect(() => {
    if (ready === "ready") read();
  }, [first, last, zoneName, ready]);
  useSignalEffect(() => {
    if (link.value === "live" && problem.peek()) untracked(read); // what could not be read without network
  });
  return { problem: problem.value, read };
}

/**
 * Keep one card of a view a stop of the Tab key, whichever cards come and go.
 * @param {{current: Element | null}} view
 */
export function useStop(view) {
  useSignalEffect(() => {
    void placement.value;
    requestAnimationFrame(() => ensureStop(view.current));
  });
}

/**
 * The way to other days, and how much stands on these.
 * @param {object} props
 * @param {string} props.title these days in words
 * @param {string} props.unit what they are: a day, a week, a month
 * @param {string} props.before the day to go back to
 * @param {string} props.after the day to go on to
 * @param {import("@preact/signals").ReadonlySignal<number>} props.count how many posts stand on them
 */
export function Days({ title, unit, before, after, count }) {
  useEffect(() => {
    const ends = [
      bind("[", `Go to the ${unit} before`, () => go({ at: before })),
      bind("]", `Go to the ${unit} after`, () => go({ at: after })),
      bind("t", "Go to today", () => go({ at: "" })),
    ];
    return () => ends.forEach((end) => end());
  }, [unit, before, after]);
  return html`
    <div class="above">
      <nav class="days" aria-label="Days" aria-busy=${loading.value > 0}>
        <a class="icon" href=${addressOf({ at: before })} aria-label=${`The ${unit} before`}><${Icon} name="back" /></a>
        <a class="button" href=${addressOf({ at: "" })} aria-label=${`Today, ${today.value}`}>Today</a>
        <a class="icon" href=${addressOf({ at: after })} aria-label=${`The ${unit} after`}><${Icon} name="forward" /></a>
        <h2>${title}</h2>
        <span class="reading soft" role="status">${loading.value > 0 ? "Reading …" : howMany(count.value)}</span>
      </nav>
      <${FilterBar} />
    </div>
  `;
}

/** @param {number} count */
function howMany(count) {
  if (count) return counted(count, "post");
  return isFiltered.value ? "No post passes the filters." : "No posts.";
}
