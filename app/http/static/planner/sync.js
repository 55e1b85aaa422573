/**
 * Keeps the store as the server has it: the beginning once, stretches of the calendar as they are looked at, and every
 * change from then on.
 *
 * Updates begin at the newest event's cursor before any list is read, so that nothing falls between the two. A cursor
 * that is too old after a long absence means: begin again.
 */

import { batch, computed, signal } from "@preact/signals";

import { ENDPOINT, ask } from "./api.js";
import { BEGIN, CONNECTION_UPDATED, EVENT_ADDED, HEALTH_UPDATED, JOBS, JOB_UPDATED } from "./documents.js";
import { happenings, takeHappenings } from "./happenings.js";
import { Live } from "./live.js";
import { announce } from "./notices.js";
import { chosenZone } from "./prefs.js";
import { readAgain } from "./readiness.js";
import { authorization } from "./session.js";
import { forget, jobOf, putConnections, putJobs, viewer } from "./store.js";
import { sentence } from "./words.js";
import { known, ownZone } from "./zones.js";

const AGAIN = 1000;
/** What a screen reader is told as it happens; the rest stands in the feed. */
const SPOKEN = new Set(["job.published", "job.failed", "job.needs_review"]);

/** `empty` before the beginning is there, `ready` after it; a problem where it could not be read. */
export const beginning = signal(/** @type {"empty" | "ready" | Error} */ ("empty"));

/** How many stretches are being read. */
export const loading = signal(0);

/** The workspace's zone, where somebody has said one. */
const workspaceZone = signal("");

/** The zone in which the page shows and takes times. */
export const zone = computed(() => [chosenZone.value, workspaceZone.value].find((each) => each && known(each)) ?? ownZone());

/** @type {Live | null} */
let live = null;
/** Cursors by subscription: where each resumes. @type {Map<string, string | null>} */
const cursors = new Map();
/** Stretches that were read and are kept up to date since then. @type {Map<string, Promise<void>>} */
const stretches = new Map();
let timer = 0;
/** Begun anew with every start, so that answers to an earlier one are left aside. */
let era = 0;

/** Read the beginning and follow what happens. */
export async function start() {
  stop();
  const mine = era;
  try {
    const begun = await ask(BEGIN);
    if (mine !== era) return;
    const events = begun.events.edges.map((/** @type {any} */ edge) => edge.node);
    batch(() => {
      viewer.value = begun.viewer;
      workspaceZone.value = begun.viewer.tenant.zone ?? "";
      putConnections(begun.connections.edges.map((/** @type {any} */ edge) => edge.node));
      takeHappenings(events.reverse());
      beginning.value = "ready";
    });
    follow(events[0]?.cursor ?? null);
  } catch (problem) {
    if (mine === era) beginning.value = /** @type {Error} */ (problem);
  }
}

/** Stop following, and forget everything. */
export function stop() {
  era += 1;
  clearTimeout(timer);
  live?.close();
  stretches.clear();
  cursors.clear();
  batch(() => {
    beginning.value = "empty";
    viewer.value = null;
    happenings.value = [];
    forget();
  });
}

/** @param {string | null} cursor */
function follow(cursor) {
  live ??= new Live(socketAddress(), authorization);
  /** @type {[string, string, (update: any) => void][]} */
  const subscriptions = [
    ["jobUpdated", JOB_UPDATED, (update) => putJobs([update.job])],
    ["connectionUpdated", CONNECTION_UPDATED, (update) => putConnections([update.connection])],
    ["eventAdded", EVENT_ADDED, (update) => hear(update.event)],
  ];
  for (const [field, query, take] of subscriptions) {
    cursors.set(field, cursor);
    live.subscribe({
      query,
      variables: () => ({ after: cursors.get(field) }),
      next(data) {
        take(data[field]);
        cursors.set(field, data[field].cursor);
      },
      // A cursor that expired, or one of another installation. What is known may have gaps: read it again.
      failed: startAgain,
    });
  }
  live.subscribe({ query: HEALTH_UPDATED, variables: () => ({}), next: readAgain, failed: readAgain });
}

/** @param {import("./shapes.d.ts").Happening} event */
function hear(event) {
  takeHappenings([event]);
  const job = event.subject?.__typename === "Job" ? jobOf(event.subject.id)?.peek() : undefined;
  if (job && SPOKEN.has(event.type)) announce(`${sentence(event.type.slice(4))}: ${job.content.text.slice(0, 80)}`);
}

/** Begin again, soon: several subscriptions end together, and a server that refuses is not to be stormed. */
function startAgain() {
  clearTimeout(timer);
  timer = setTimeout(() => void start(), AGAIN);
}

addEventListener("online", () => {
  if (beginning.peek() instanceof Error) void start();
});

function socketAddress() {
  return location.origin.replace(/^http/, "ws") + ENDPOINT;
}

/**
 * Make sure that the jobs of a filter are known, all pages of them. What was read is not read again.
 * @param {Record<string, unknown>} filter
 * @returns {Promise<void>} throws a Problem where it could not be read
 */
export function load(filter) {
  const name = JSON.stringify(filter);
  const before = stretches.get(name);
  if (before) return before;
  const reading = loadAll(filter, era);
  stretches.set(name, reading);
  reading.catch(() => stretches.delete(name));
  return reading;
}

/** @param {Record<string, unknown>} filter @param {number} mine */
async function loadAll(filter, mine) {
  loading.value = loading.peek() + 1;
  try {
    for (let after = null, more = true; more; ) {
      const page = await loadPage(filter, "DUE_FIRST", after);
      if (mine !== era) return;
      [after, more] = [page.endCursor, page.hasNextPage];
    }
  } finally {
    loading.value = loading.peek() - 1;
  }
}

/**
 * Read one page of jobs into the store; gives where it ends, and the ids in its order.
 * @param {Record<string, unknown>} filter
 * @param {string} order
 * @param {string | null} after
 */
export async function loadPage(filter, order, after) {
  const mine = era;
  const { jobs } = await ask(JOBS, { filter, order, after });
  const found = jobs.edges.map((/** @type {any} */ edge) => edge.node);
  if (mine === era) putJobs(found);
  return { ...jobs.pageInfo, jobs: found };
}
