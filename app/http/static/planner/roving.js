/**
 * Arrow keys among cards. A view is one stop of the Tab key; inside, the arrows go to the nearest card in their
 * direction, and with Shift they move the card in time. The focus stays with a card that moves.
 */

import { move } from "./move.js";
import { jobOf } from "./store.js";
import { zone } from "./sync.js";
import { wallOf } from "./zones.js";

const HOUR = 3_600_000;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {"days" | "hours"} down what Shift with up and down moves by: weeks of days, or hours
 */
export function arrows(down) {
  return {
    /** @param {KeyboardEvent} event */
    onKeyDown(event) {
      const direction = ARROWS[event.key];
      const card = event.target instanceof Element ? event.target.closest("[data-job]") : null;
      if (!direction || !(card instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (event.shiftKey) void shift(card, direction, down);
      else nearest(card, direction)?.focus();
    },
    /** @param {FocusEvent} event */
    onFocusIn(event) {
      const { currentTarget, target } = event;
      if (!(currentTarget instanceof Element) || !(target instanceof HTMLElement) || !target.dataset.job) return;
      for (const other of currentTarget.querySelectorAll('[data-job][tabindex="0"]')) other.setAttribute("tabindex", "-1");
      target.setAttribute("tabindex", "0");
    },
  };
}

/**
 * Make one card the stop of the Tab key, where none is.
 * @param {Element | null} view
 */
export function ensureStop(view) {
  if (!view || view.querySelector('[data-job][tabindex="0"]')) return;
  view.querySelector("[data-job]")?.setAttribute("tabindex", "0");
}

/**
 * @param {HTMLElement} card
 * @param {[number, number]} direction
 * @param {"days" | "hours"} down
 */
async function shift(card, [right, below], down) {
  const id = card.dataset.job ?? "";
  const job = jobOf(id)?.peek();
  if (!job) return;
  const wall = wallOf(job.dueAt, zone.peek());
  const days = right + (down === "days" ? 7 * below : 0);
  const naive = Date.parse(`${wall}Z`) + days * 24 * HOUR + (down === "hours" ? below * HOUR : 0);
  const moving = move(id, new Date(naive).toISOString().slice(0, 16));
  requestAnimationFrame(() => focusJob(id));
  if (!(await moving)) requestAnimationFrame(() => focusJob(id));
}

/** @param {string} id */
function focusJob(id) {
  const card = document.querySelector(`[data-job="${CSS.escape(id)}"]`);
  if (card instanceof HTMLElement) card.focus();
}

/**
 * The nearest card in a direction: what lies aside counts double.
 * @param {HTMLElement} card
 * @param {[number, number]} direction
 * @returns {HTMLElement | null}
 */
function nearest(card, [right, below]) {
  const view = card.closest("[data-view]");
  const from = middle(card);
  let best = null;
  let least = Number.POSITIVE_INFINITY;
  for (const other of /** @type {NodeListOf<HTMLElement>} */ (view?.querySelectorAll("[data-job]") ?? [])) {
    const to = middle(other);
    const along = (to.x - from.x) * right + (to.y - from.y) * below;
    const aside = Math.abs((to.x - from.x) * below) + Math.abs((to.y - from.y) * right);
    if (along > 1 && along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
  }
  return best;
}

/** @param {Element} card */
function middle(card) {
  const { left, top, width, height } = card.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
