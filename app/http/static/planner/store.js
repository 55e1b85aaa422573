/**
 * What the page knows of the workspace: each thing once, by its id, in a signal of its own.
 *
 * A card reads its job's signal, so that a change draws that card and no other. `placement` tells those who arrange
 * cards that some card has come or has to stand elsewhere. A change that the server has not confirmed yet lies over
 * the job as the server gave it, and is taken off again by `undo`.
 */

import { batch, computed, signal } from "@preact/signals";

/** @typedef {import("./shapes.d.ts").Job} Job */
/** @typedef {import("./shapes.d.ts").Connection} Connection */

/** @type {Map<string, import("@preact/signals").Signal<Job>>} */
const jobs = new Map();
/** What the server said last, for jobs with a change laid over. @type {Map<string, Job>} */
const confirmed = new Map();
/** @type {Map<string, Partial<Job>>} */
const laidOver = new Map();

/** Grows whenever a job has come, or another of its traits that arrange cards has changed. */
export const placement = signal(0);

/** @type {import("@preact/signals").Signal<Map<string, Connection>>} */
export const connections = signal(new Map());

/** @type {import("@preact/signals").Signal<import("./shapes.d.ts").Viewer | null>} */
export const viewer = signal(null);

/** Called just before cards move. @type {Set<() => void>} */
const watchers = new Set();

/** @param {() => void} watcher */
export function beforeMoves(watcher) {
  watchers.add(watcher);
}

/**
 * The signal of a job that is known.
 * @param {string} id
 */
export function jobOf(id) {
  return jobs.get(id);
}

/** Every job that is known, in no order. Who reads `placement` beside it hears of changes. */
export function allJobs() {
  return Array.from(jobs.values(), (each) => each.peek());
}

/**
 * Take what the server says of some jobs. Older news than what is known is left aside.
 * @param {Job[]} news
 */
export function putJobs(news) {
  batch(() => {
    let moved = false;
    for (const job of news) moved = put(job) || moved;
    if (moved) arrange();
  });
}

/**
 * Lay a change over a job until the server has answered.
 * @param {string} id
 * @param {Partial<Job>} patch
 * @returns {{settle: (job: Job) => void, undo: () => void}} what to do with the answer
 */
export function layOver(id, patch) {
  const held = jobs.get(id);
  if (!held) throw new Error(`There is no job ${id}.`);
  if (!confirmed.has(id)) confirmed.set(id, held.peek());
  laidOver.set(id, patch);
  show(id, { ...held.peek(), ...patch });
  const end = /** @param {Job} [job] */ (job) => {
    const last = /** @type {Job} */ (confirmed.get(id) ?? held.peek());
    if (laidOver.get(id) === patch) {
      laidOver.delete(id);
      confirmed.delete(id);
      show(id, job && job.revision >= last.revision ? job : last);
    } else if (job) {
      confirmed.set(id, job); // a later change lies over it
      show(id, { ...job, ...laidOver.get(id) });
    }
  };
  return { settle: end, undo: () => end() };
}

/** Forget everything: another workspace, or a gap in the events. */
export function forget() {
  batch(() => {
    jobs.clear();
    confirmed.clear();
    laidOver.clear();
    connections.value = new Map();
    arrange();
  });
}

/**
 * Take what the server says of some connections.
 * @param {Connection[]} news
 */
export function putConnections(news) {
  const next = new Map(connections.peek());
  for (const each of news) {
    const held = next.get(each.id);
    if (!held || Date.parse(each.updatedAt) >= Date.parse(held.updatedAt)) next.set(each.id, each);
  }
  connections.value = next;
}

/** @type {Map<string, import("@preact/signals").ReadonlySignal<string>>} */
const labels = new Map();

/**
 * What an account is called on cards. Cards hear of a new name, and of nothing else about the connection.
 * @param {string} id the connection's
 */
export function accountLabel(id) {
  let label = labels.get(id);
  if (!label) {
    label = computed(() => {
      const account = connections.value.get(id)?.account;
      return account?.handle || account?.name || "";
    });
    labels.set(id, label);
  }
  return label.value;
}

/** @param {Job} job @returns {boolean} whether cards have to be arranged anew */
function put(job) {
  const held = jobs.get(job.id);
  if (!held) {
    jobs.set(job.id, signal(job));
    return true;
  }
  const before = confirmed.get(job.id) ?? held.peek();
  if (job.revision < before.revision) return false;
  const patch = laidOver.get(job.id);
  if (patch) confirmed.set(job.id, job);
  const after = patch ? { ...job, ...patch } : job;
  const moved = standsElsewhere(held.peek(), after);
  held.value = after;
  return moved;
}

/** @param {string} id @param {Job} job */
function show(id, job) {
  const held = /** @type {import("@preact/signals").Signal<Job>} */ (jobs.get(id));
  batch(() => {
    const moved = standsElsewhere(held.peek(), job);
    if (moved) arrange();
    held.value = job;
  });
}

function arrange() {
  for (const watcher of watchers) watcher();
  placement.value = placement.peek() + 1;
}

/** @param {Job} one @param {Job} other */
function standsElsewhere(one, other) {
  return one.dueAt !== other.dueAt || one.state !== other.state || one.post.labels.join() !== other.post.labels.join();
}
