/**
 * Where cards stand. A view groups all jobs by a place, such as a day or an hour; each cell of the view asks for its own
 * place and hears only of changes there.
 */

import { computed, useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { filters, passes } from "./filters.js";
import { allJobs, placement } from "./store.js";
import { zone } from "./sync.js";
import { wallOf } from "./zones.js";

/** @typedef {import("./shapes.d.ts").Job} Job */
/** @typedef {import("@preact/signals").ReadonlySignal<Map<string, string[]>>} Places */

/** @type {string[]} */
const NOBODY = [];

/**
 * The ids of the jobs that pass the filters, by the first characters of their local time: 10 for days, 13 for hours.
 * @param {number} length
 * @returns {Places}
 */
export function usePlaces(length) {
  return useComputed(() => {
    void placement.value;
    return group(
      allJobs().filter((job) => passes(job, filters.value)),
      (job) => wallOf(job.dueAt, zone.value).slice(0, length),
    );
  });
}

/**
 * The ids at one place, in order. The list is the same object for as long as it holds the same.
 * @param {Places} places
 * @param {string} at
 */
export function useIdsAt(places, at) {
  const keep = useMemo(() => ({ ids: NOBODY }), []);
  return useComputed(() => {
    const ids = places.value.get(at) ?? NOBODY;
    if (ids.length !== keep.ids.length || ids.some((id, index) => id !== keep.ids[index])) keep.ids = ids;
    return keep.ids;
  }).value;
}

/**
 * How many stand on these days.
 * @param {Places} places
 * @param {string[]} days
 */
export function useCount(places, days) {
  return useMemo(() => {
    const shown = new Set(days);
    return computed(() => {
      let count = 0;
      for (const [at, ids] of places.value) if (shown.has(at.slice(0, 10))) count += ids.length;
      return count;
    });
  }, [places, days.join()]);
}

/**
 * @param {Job[]} jobs
 * @param {(job: Job) => string} placeOf
 */
export function group(jobs, placeOf) {
  /** @type {Map<string, string[]>} */
  const places = new Map();
  for (const job of jobs.sort(inTime)) {
    const at = placeOf(job);
    const ids = places.get(at);
    if (ids) ids.push(job.id);
    else places.set(at, [job.id]);
  }
  return places;
}

/** @param {Job} one @param {Job} other */
function inTime(one, other) {
  return Date.parse(one.dueAt) - Date.parse(other.dueAt) || (one.id < other.id ? -1 : 1);
}
