/**
 * Short messages at the edge of the page, and what a screen reader is told.
 *
 * A message goes by itself unless it says what went wrong: such a one stays until it is closed.
 */

import { signal } from "@preact/signals";

import { html } from "./html.js";
import { Icon } from "./icons.js";

const STAYS = 6000;

/**
 * @typedef {object} Notice
 * @property {number} id
 * @property {"good" | "bad"} tone
 * @property {string} text
 * @property {string} [hint]
 * @property {{label: string, act: () => void}} [action]
 */

/** @type {import("@preact/signals").Signal<Notice[]>} */
const notices = signal([]);
/** What a screen reader says next, when it is not busy. */
const spoken = signal("");
let counter = 0;

/**
 * Say that something was done.
 * @param {string} text
 * @param {{label: string, act: () => void}} [action] e.g. how to take it back
 */
export function tell(text, action) {
  const id = add({ tone: "good", text, action });
  setTimeout(() => dismiss(id), STAYS);
}

/**
 * Say what went wrong and what to do.
 * @param {{message: string, hint?: string}} problem
 * @param {string} [before] e.g. "Not moved."
 */
export function complain(problem, before = "") {
  add({ tone: "bad", text: before ? `${before} ${problem.message}` : problem.message, hint: problem.hint });
}

/**
 * Tell a screen reader only: for changes that the eye sees by itself.
 * @param {string} text
 */
export function announce(text) {
  spoken.value = text;
}

/** @param {Omit<Notice, "id">} notice */
function add(notice) {
  counter += 1;
  notices.value = [...notices.value.slice(-3), { id: counter, ...notice }];
  return counter;
}

/** @param {number} id */
function dismiss(id) {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** The messages, and the two live regions of the page. */
export function Notices() {
  return html`
    <div class="notices" role="region" aria-label="Messages">
      ${notices.value.map(
        (each) => html`
          <div key=${each.id} class="notice" data-tone=${each.tone} role=${each.tone === "bad" ? "alert" : "status"}>
            <${Icon} name=${each.tone === "bad" ? "warning" : "check"} />
            <p>${each.text}${each.hint && html` <span class="soft">${each.hint}</span>`}</p>
            ${each.action && html`<button class="quiet" onClick=${() => (each.action?.act(), dismiss(each.id))}>${each.action.label}</button>`}
            <button class="icon" aria-label="Close this message" onClick=${() => dismiss(each.id)}><${Icon} name="close" /></button>
          </div>
        `,
      )}
    </div>
    <p class="unseen" role="status" data-spoken>${spoken}</p>
  `;
}
