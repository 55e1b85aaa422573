/**
 * Moving a job to another time: the card moves at once, and back with the reason if the server refuses. Two moves of one
 * job are done one after the other, each with the revision that the one before has left.
 */

import { act } from "./api.js";
import { inWords } from "./calendar.js";
import { RESCHEDULE_JOB } from "./documents.js";
import { announce, complain, tell } from "./notices.js";
import { jobOf, layOver } from "./store.js";
import { zone } from "./sync.js";
import { instantOf, wallOf } from "./zones.js";

/** The last move of each job that is under way. @type {Map<string, Promise<void>>} */
const underWay = new Map();

/**
 * Move a job to a wall time of the page's zone, such as `2026-11-21T09:30`.
 * @param {string} id
 * @param {string} wall
 * @returns {Promise<boolean>} whether it stands there now
 */
export async function move(id, wall) {
  const held = jobOf(id);
  if (!held) return false;
  const job = held.peek();
  const before = wallOf(job.dueAt, zone.peek()).slice(0, 16);
  if (before === wall) return true;
  if (!job.allowedActions.includes("RESCHEDULE")) {
    complain({ message: "This post does not wait any more.", hint: "Open it to see what can be done." }, "Not moved.");
    return false;
  }
  const lay = layOver(id, { dueAt: new Date(instantOf(wall, zone.peek())).toISOString() });
  const doing = (underWay.get(id) ?? Promise.resolve()).then(async () => {
    const publishAt = { local: { time: wall, zone: zone.peek() } };
    const result = await act(RESCHEDULE_JOB, { jobId: id, publishAt, revision: held.peek().revision });
    lay.settle(result.job);
  });
  const quiet = doing.catch(() => {});
  underWay.set(id, quiet);
  try {
    await doing;
    const words = `Moved to ${timeWords(wall)}.`;
    announce(words);
    tell(words, { label: "Undo", act: () => void move(id, before) });
    return true;
  } catch (problem) {
    lay.undo();
    complain(reasonOf(/** @type {import("./api.js").Problem} */ (problem), wall), "Not moved.");
    return false;
  } finally {
    if (underWay.get(id) === quiet) underWay.delete(id);
  }
}

/** @param {import("./api.js").Problem} problem @param {string} wall */
function reasonOf(problem, wall) {
  const past = problem.code === "PLANNED_TIME_INVALID" && instantOf(wall, zone.peek()) < Date.now();
  return past ? { message: `${timeWords(wall)} has passed.`, hint: "Choose a later time." } : problem;
}

/** A wall time in words. @param {string} wall */
export function timeWords(wall) {
  return `${inWords(wall.slice(0, 10), { weekday: "long", day: "numeric", month: "long" })}, ${wall.slice(11, 16)}`;
}
