/** The draft as the API takes it: pure. */

import { instantOf } from "../zones.js";
import { writingOf } from "./draft.js";

/** @typedef {import("./shapes.d.ts").Draft} Draft */
/** @typedef {import("./shapes.d.ts").Writing} Writing */

/** @param {Writing} writing */
export function contentOf(writing) {
  const link = writing.link.trim();
  const after = writing.after.filter((each) => each.trim());
  return {
    text: writing.text,
    media: writing.files.map(({ id, alt }) => ({ mediaId: id, alt })),
    ...(link && { link: { url: link } }),
    ...(after.length && { thread: after.map((text) => ({ text })) }),
  };
}

/**
 * One account with what is different there.
 * @param {Draft} held
 * @param {string} id
 */
export function targetOf(held, id) {
  const own = held.own[id];
  const options = Object.entries(held.options[id] ?? {}).map(([name, value]) => ({ name, value }));
  return {
    connectionId: id,
    ...(own && { content: contentOf(own) }),
    ...(options.length && { options: { other: options } }),
  };
}

/**
 * When, as the API takes it: nothing for now.
 * @param {string} at a wall time, or empty
 * @param {string} zone
 */
export function whenOf(at, zone) {
  return at ? { publishAt: { local: { time: at, zone } } } : {};
}

/**
 * The input that checks the draft for one account.
 * @param {Draft} held
 * @param {string} id
 * @param {string} zone
 */
export function checkOf(held, id, zone) {
  return { content: contentOf(held.shared), targets: [targetOf(held, id)], ...whenOf(held.at, zone) };
}

/**
 * The input that schedules the draft.
 * @param {Draft} held
 * @param {string} zone
 * @param {boolean} now whether it goes out at once, whatever time is chosen
 */
export function scheduleOf(held, zone, now) {
  const labels = held.labels.split(",").map((each) => each.trim()).filter(Boolean);
  return {
    content: contentOf(held.shared),
    targets: held.targets.map((id) => targetOf(held, id)),
    ...whenOf(now ? "" : held.at, zone),
    ...(labels.length && { labels }),
    idempotencyKey: held.key,
  };
}

/**
 * What is unusual about a wall time, in a sentence; empty where nothing is.
 * @param {string} at
 * @param {string} zone
 * @param {(instant: number) => string} wallAt the wall time of an instant, to the minute
 */
export function clockNotice(at, zone, wallAt) {
  if (!at) return "";
  const instant = instantOf(at, zone);
  const shown = wallAt(instant);
  if (shown !== at.slice(0, 16)) {
    return `Clocks go forward then: ${at.slice(11, 16)} does not exist on that day. It goes out at ${shown.slice(11, 16)}.`;
  }
  const twice = [1_800_000, 3_600_000, 7_200_000].some((later) => wallAt(instant + later) === shown);
  return twice ? `Clocks go back then: ${at.slice(11, 16)} comes twice. It goes out at the first of the two.` : "";
}

/**
 * The kind of post that a writing makes on most platforms; a platform's own options may make it another.
 * @param {Writing} writing
 * @returns {import("./shapes.d.ts").Kind}
 */
export function kindOf(writing) {
  const kinds = writing.files.map((each) => each.kind);
  if (kinds.includes("DOCUMENT")) return "DOCUMENT";
  if (kinds.includes("VIDEO") || kinds.includes("AUDIO")) return "VIDEO";
  if (kinds.length) return "IMAGE";
  return writing.link.trim() ? "LINK" : "TEXT";
}

/**
 * The accounts that a tab is about.
 * @param {Draft} held
 * @param {string} tab
 */
export function accountsOf(held, tab) {
  return tab ? [tab] : held.targets.filter((id) => writingOf(held, id) === held.shared);
}
