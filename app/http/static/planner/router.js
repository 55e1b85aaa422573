/**
 * Which part of the page is shown, as the address says: `#/week/2026-11-16`, `#/list/failed`, and behind each
 * `?job=<id>` for the drawer. Links, the back button and a copied address therefore work.
 */

import { signal } from "@preact/signals";

export const VIEWS = /** @type {const} */ (["week", "month", "list"]);

/** @typedef {{view: string, at: string, job: string | null}} Place `at` is a day, or a list's name; "" for the usual one */

/** @type {import("@preact/signals").Signal<Place>} */
export const place = signal(read());

addEventListener("hashchange", () => {
  place.value = read();
});

/** @returns {Place} */
function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, at = ""] = path.split("/").map(decodeURIComponent);
  const job = new URLSearchParams(query).get("job");
  return { view: VIEWS.find((each) => each === view) ?? "week", at: view ? at : "", job };
}

/**
 * The address of a place; what is not named stays as it is, but the drawer closes.
 * @param {Partial<Place>} change
 */
export function addressOf(change) {
  const to = { ...place.value, job: null, ...change };
  const query = to.job ? `?${new URLSearchParams({ job: to.job })}` : "";
  return `#/${[to.view, to.at].filter(Boolean).map(encodeURIComponent).join("/")}${query}`;
}

/**
 * Go to a place.
 * @param {Partial<Place>} change
 */
export function go(change) {
  const address = addressOf(change);
  if (address === location.hash) return;
  location.hash = address;
  place.value = read();
}
