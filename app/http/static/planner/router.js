/**
 * Which part of the page is shown, as the address says: `#/week/2026-11-16`, `#/list/failed`, and `#/job/<id>` for one
 * post over whatever is shown. Links, the back button and a copied address therefore work.
 */

import { signal } from "@preact/signals";

export const VIEWS = /** @type {const} */ (["week", "month", "list"]);

/** @typedef {{view: string, at: string, job: string | null}} Place `at` is a day, or a list's name; "" for the usual one */

/** @type {import("@preact/signals").Signal<Place>} */
export const place = signal(read({ view: "week", at: "", job: null }));

addEventListener("hashchange", () => {
  place.value = read(place.peek());
});

/** @param {Place} before @returns {Place} */
function read(before) {
  const [view, at = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (view === "job") return { ...before, job: at };
  const known = VIEWS.find((each) => each === view);
  return { view: known ?? "week", at: known ? at : "", job: null };
}

/**
 * The address of a view; what is not named stays as it is.
 * @param {{view?: string, at?: string}} change
 */
export function addressOf(change) {
  const { view, at } = { ...place.value, ...change };
  return `#/${[view, at].filter(Boolean).map(encodeURIComponent).join("/")}`;
}

/**
 * The address of a job. It is the same everywhere, so that cards need not hear of where the page is.
 * @param {string} id
 */
export function addressOfJob(id) {
  return `#/job/${encodeURIComponent(id)}`;
}

/**
 * Go to a view, or back to it from a job.
 * @param {{view?: string, at?: string}} change
 */
export function go(change) {
  location.hash = addressOf(change);
  place.value = read(place.peek());
}
