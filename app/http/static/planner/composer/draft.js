/**
 * The post that is being written. It is kept in this browser until it is scheduled or thrown away, so that a closed
 * tab costs nothing. It belongs to one workspace: somebody else who signs in here does not find it.
 */

import { effect, signal } from "@preact/signals";

/** @typedef {import("./shapes.d.ts").Draft} Draft */
/** @typedef {import("./shapes.d.ts").Writing} Writing */

const PREFIX = "postd.planner.draft.";

/** The tab that writes for every account. */
export const SHARED = "";

/** @type {import("@preact/signals").Signal<Draft>} */
export const draft = signal(fresh());

/** The workspace whose draft is held; null before one was opened. */
let owner = /** @type {string | null} */ (null);

effect(() => {
  const held = draft.value;
  if (owner === null) return;
  try {
    if (isEmpty(held)) localStorage.removeItem(PREFIX + owner);
    else localStorage.setItem(PREFIX + owner, JSON.stringify(held));
  } catch {
    // storage is switched off or full: the draft lives as long as the page
  }
});

/** @returns {Writing} */
function nothing() {
  return { text: "", link: "", files: [], after: [] };
}

/** @returns {Draft} */
export function fresh() {
  return { key: newKey(), shared: nothing(), targets: [], own: {}, options: {}, labels: "", at: "" };
}

/** A key that nobody else has; `randomUUID` is there over HTTPS and on loopback only. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `planner-${Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Take up the draft of a workspace, or begin one.
 * @param {string} workspace its id
 */
export function openDraft(workspace) {
  if (owner === workspace) return;
  let found = fresh();
  try {
    found = { ...found, ...JSON.parse(localStorage.getItem(PREFIX + workspace) ?? "{}") };
  } catch {
    // not to be read: begin anew
  }
  owner = workspace;
  draft.value = found;
}

/** Throw it away. */
export function discard() {
  draft.value = fresh();
}

/** @param {Partial<Draft>} change */
export function change(change) {
  draft.value = { ...draft.peek(), ...change };
}

/**
 * What an account, or `SHARED`, says.
 * @param {Draft} held
 * @param {string} tab
 */
export function writingOf(held, tab) {
  return held.own[tab] ?? held.shared;
}

/**
 * Write: for every account, or for one that has words of its own.
 * @param {string} tab
 * @param {Partial<Writing>} words
 */
export function write(tab, words) {
  const held = draft.peek();
  if (held.own[tab]) change({ own: { ...held.own, [tab]: { ...held.own[tab], ...words } } });
  else change({ shared: { ...held.shared, ...words } });
}

/**
 * Give an account words of its own, which begin as those of all.
 * @param {string} target
 */
export function part(target) {
  const held = draft.peek();
  change({ own: { ...held.own, [target]: structuredClone(held.shared) } });
}

/**
 * Let an account say again what all say.
 * @param {string} target
 */
export function join(target) {
  const { [target]: _gone, ...own } = draft.peek().own;
  change({ own });
}

/**
 * Choose an account, or leave it out. Its own words stay until the draft ends, in case it is chosen again.
 * @param {string} target
 */
export function toggle(target) {
  const { targets } = draft.peek();
  change({ targets: targets.includes(target) ? targets.filter((each) => each !== target) : [...targets, target] });
}

/** @param {Draft} held whether there is nothing that somebody would miss */
export function isEmpty(held) {
  return [held.shared, ...Object.values(held.own)].every(isBlank);
}

/** @param {Writing} writing */
export function isBlank(writing) {
  return !writing.text.trim() && !writing.link.trim() && !writing.files.length && !writing.after.some((each) => each.trim());
}
