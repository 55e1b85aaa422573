/** Which posts are shown: by platform, account, state, label and words. It narrows every view in the same way. */

import { computed, signal } from "@preact/signals";

/** @typedef {import("./shapes.d.ts").Job} Job */
/** @typedef {{platform: string, connection: string, state: string, label: string, words: string}} Filters */

/** @type {Filters} */
const NONE = { platform: "", connection: "", state: "", label: "", words: "" };

export const filters = signal(NONE);

export const isFiltered = computed(() => Object.values(filters.value).some(Boolean));

/** @param {Partial<Filters>} change */
export function narrow(change) {
  filters.value = { ...filters.peek(), ...change };
}

export function showAll() {
  filters.value = NONE;
}

/**
 * Whether a job is to be shown.
 * @param {Job} job
 * @param {Filters} by
 */
export function passes(job, by) {
  return (
    (!by.platform || job.platform.key === by.platform) &&
    (!by.connection || job.connection.id === by.connection) &&
    (!by.state || job.state === by.state) &&
    (!by.label || job.post.labels.includes(by.label)) &&
    (!by.words || job.content.text.toLowerCase().includes(by.words.toLowerCase()))
  );
}
