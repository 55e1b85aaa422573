/**
 * Cards glide to their new place instead of jumping: where each stood is measured before the store changes, and the
 * difference is animated afterwards. Whoever wants less motion gets none.
 */

import { beforeMoves } from "./store.js";

const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const SHORT = 160;
const FARTHEST = 2000;

/** @type {Map<string, DOMRect> | null} */
let before = null;

/** @returns {NodeListOf<HTMLElement>} */
function cards() {
  return document.querySelectorAll("[data-view] [data-job]");
}

function measure() {
  if (quiet.matches || before || document.visibilityState !== "visible") return;
  before = new Map();
  for (const card of cards()) before.set(card.dataset.job ?? "", card.getBoundingClientRect());
  requestAnimationFrame(play);
}

function play() {
  const then = before;
  before = null;
  for (const card of cards()) {
    const from = then?.get(card.dataset.job ?? "");
    if (!from) continue;
    const to = card.getBoundingClientRect();
    const [x, y] = [from.left - to.left, from.top - to.top];
    if ((x || y) && Math.abs(x) + Math.abs(y) < FARTHEST) {
      card.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: SHORT, easing: "ease-out" });
    }
  }
}

/** Animate from now on. */
export function animateMoves() {
  beforeMoves(measure);
}
