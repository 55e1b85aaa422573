/**
 * Dragging cards onto cells. A cell says with `data-drop` which time it means: a day keeps the clock of the card, an
 * hour its minutes. The grid listens for all of its cells, and marks the cell under the card without drawing anew.
 */

import { move } from "./move.js";
import { jobOf } from "./store.js";
import { zone } from "./sync.js";
import { wallOf } from "./zones.js";

const KIND = "application/x-postd-job";

/** @type {HTMLElement | null} */
let under = null;

/** @param {HTMLElement | null} cell */
function mark(cell) {
  if (under === cell) return;
  under?.removeAttribute("data-over");
  cell?.setAttribute("data-over", "");
  under = cell;
}

/** @param {Event} event @returns {HTMLElement | null} */
function cellOf(event) {
  return event.target instanceof Element ? event.target.closest("[data-drop]") : null;
}

/**
 * The wall time that a card means when it is dropped.
 * @param {string} wall where it stands: `2026-11-21T09:30:00`
 * @param {string} onto `2026-11-22` or `2026-11-22T14`
 */
export function dropped(wall, onto) {
  return `${onto}${wall.slice(onto.length, 16)}`;
}

/** What a grid listens to. */
export const dropZone = {
  /** @param {DragEvent} event */
  onDragStart(event) {
    const card = event.target instanceof Element ? event.target.closest("[data-job]") : null;
    if (!(card instanceof HTMLElement) || !event.dataTransfer) return;
    event.dataTransfer.setData(KIND, card.dataset.job ?? "");
    event.dataTransfer.effectAllowed = "move";
  },
  /** @param {DragEvent} event */
  onDragOver(event) {
    const cell = cellOf(event);
    if (!event.dataTransfer?.types.includes(KIND)) return;
    mark(cell);
    if (cell) event.preventDefault();
  },
  /** @param {DragEvent} event */
  onDrop(event) {
    const id = event.dataTransfer?.getData(KIND);
    const onto = cellOf(event)?.dataset.drop;
    mark(null);
    if (!id || !onto) return;
    event.preventDefault();
    const job = jobOf(id)?.peek();
    if (job) void move(id, dropped(wallOf(job.dueAt, zone.peek()), onto));
  },
  onDragEnd() {
    mark(null);
  },
};
