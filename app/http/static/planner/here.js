/** A double click on a free place of the calendar begins a post for that time. */

import { open } from "./overlays.js";

/** The hour that is meant where only a day was clicked. */
const USUAL = "T09:00";

/** Listen from now on. */
export function writeWhereClicked() {
  addEventListener("dblclick", ({ target }) => {
    if (!(target instanceof Element) || target.closest("a, button")) return;
    const cell = /** @type {HTMLElement | null} */ (target.closest("[data-drop]:not([data-past])"));
    if (cell?.dataset.drop) open("composer", { at: timeOf(cell.dataset.drop) });
  });
}

/** @param {string} place a day, or an hour of it: `2026-11-21T09` */
function timeOf(place) {
  return place.includes("T") ? `${place}:00` : place + USUAL;
}
