/**
 * Whether each post that waits will go out as things stand now, in a signal of its own for each job.
 *
 * It changes without a change of the job: a token ends, a platform has trouble. So it is read again when the server's
 * counts change, when an account does, and when posts come or move; a little later, so that many changes are one look.
 */

import { batch, effect, signal } from "@preact/signals";

import { ask } from "./api.js";
import { READINESS } from "./documents.js";
import { connections, placement, viewer } from "./store.js";

/** @typedef {import("./shapes.d.ts").Readiness} Readiness */

const SOON = 400;
const PAGES = 3;

/** @type {Map<string, import("@preact/signals").Signal<Readiness | null>>} */
const known = new Map();
let timer = 0;
let reading = false;
let again = false;

/** @param {string} id */
function signalOf(id) {
  let held = known.get(id);
  if (!held) {
    held = signal(/** @type {Readiness | null} */ (null));
    known.set(id, held);
  }
  return held;
}

/**
 * What stands in the way of a job; null where nothing does, or it is not known.
 * @param {string} id
 */
export function readinessOf(id) {
  return signalOf(id).value;
}

/** Read it again, soon. */
export function readAgain() {
  clearTimeout(timer);
  timer = setTimeout(() => void read(), SOON);
}

async function read() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const told = await readPages();
    batch(() => {
      for (const id of new Set([...known.keys(), ...told.keys()])) take(id, told.get(id) ?? null);
    });
  } catch {
    // The next change asks again; until then what was told before stands.
  } finally {
    reading = false;
    if (again) readAgain();
    again = false;
  }
}

/** What may not go out, among the next jobs that are due. */
async function readPages() {
  /** @type {Map<string, Readiness>} */
  const told = new Map();
  let after = null;
  for (let page = 0; page < PAGES; page += 1) {
    const { readiness } = await ask(READINESS, { after });
    for (const { node } of readiness.edges) if (node.verdict !== "READY") told.set(node.job.id, node);
    if (!readiness.pageInfo.hasNextPage) break;
    after = readiness.pageInfo.endCursor;
  }
  return told;
}

/** @param {string} id @param {Readiness | null} next */
function take(id, next) {
  const held = signalOf(id);
  if (JSON.stringify(held.peek()) !== JSON.stringify(next)) held.value = next;
}

effect(() => {
  void placement.value;
  void connections.value;
  if (viewer.value) readAgain();
});
