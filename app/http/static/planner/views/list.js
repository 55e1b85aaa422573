/** The list: what comes, what needs a person, what went out and what did not; by day, and page by page. */

import { untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";

import { inWords } from "../calendar.js";
import { Card } from "../card.js";
import { FilterBar } from "../filterbar.js";
import { filters, isFiltered, passes, showAll } from "../filters.js";
import { html } from "../html.js";
import { addressOf, place } from "../router.js";
import { arrows } from "../roving.js";
import { Nothing, Standstill } from "../standstill.js";
import { allJobs, placement } from "../store.js";
import { beginning, loadPage, zone } from "../sync.js";
import { dayOf } from "../zones.js";
import { useStop } from "./stretch.js";

/** @typedef {import("../shapes.d.ts").Job} Job */

const keys = arrows("hours");
const WAITING = ["SCHEDULED", "PARKED", "PUBLISHING", "PROCESSING", "RETRYING", "UNKNOWN", "NEEDS_REVIEW"];

/** @type {Record<string, {title: string, states: string[], newestFirst: boolean, empty: string}>} */
export const LISTS = {
  upcoming: { title: "Upcoming", states: WAITING, newestFirst: false, empty: "Nothing is planned." },
  attention: {
    title: "Needs you",
    states: ["NEEDS_REVIEW", "PARKED", "FAILED"],
    newestFirst: true,
    empty: "Nothing needs you.",
  },
  published: { title: "Published", states: ["PUBLISHED"], newestFirst: true, empty: "Nothing has gone out yet." },
  failed: { title: "Not sent", states: ["FAILED", "CANCELLED"], newestFirst: true, empty: "Everything went out." },
};

export function List() {
  const name = LISTS[place.value.at] ? place.value.at : "upcoming";
  return html`
    <div class="above">
      <nav class="tabs" aria-label="Lists">
        ${Object.entries(LISTS).map(
          ([key, { title }]) => html`
            <a key=${key} href=${addressOf({ view: "list", at: key })} aria-current=${key === name ? "page" : null}>${title}</a>
          `,
        )}
      </nav>
      <${FilterBar} />
    </div>
    <${Pages} key=${name} list=${LISTS[name]} />
  `;
}

/** @param {{list: (typeof LISTS)[string]}} props */
function Pages({ list }) {
  /** How far the list was read: the last due time, and the cursor to read on with. */
  const read = useSignal(/** @type {{edge: string, after: string | null, more: boolean} | null} */ (null));
  const problem = useSignal(/** @type {Error | null} */ (null));
  const view = useRef(/** @type {HTMLElement | null} */ (null));
  const days = useComputed(() => {
    void placement.value;
    const shown = allJobs().filter((job) => passes(job, filters.value));
    return byDay(shown, list, read.value, zone.value);
  });

  useStop(view);

  async function more() {
    problem.value = null;
    const order = list.newestFirst ? "DUE_LAST" : "DUE_FIRST";
    try {
      const page = await loadPage({ states: list.states }, order, read.peek()?.after ?? null);
      const edge = page.jobs.at(-1)?.dueAt ?? read.peek()?.edge ?? "";
      read.value = { edge, after: page.endCursor, more: page.hasNextPage };
    } catch (error) {
      problem.value = /** @type {Error} */ (error);
    }
  }

  useSignalEffect(() => {
    if (beginning.value === "ready") untracked(() => void more());
  });

  if (problem.value) return html`<${Standstill} state=${problem.value} again=${more} />`;
  if (!read.value) return html`<${Standstill} state="empty" again=${more} />`;
  if (!days.value.length && isFiltered.value) {
    return html`<${Nothing} title="No post here passes the filters."><button class="button" onClick=${showAll}>Show all</button><//>`;
  }
  if (!days.value.length) return html`<${Nothing} title=${list.empty} />`;
  return html`
    <div class="list" data-view="list" ref=${view} ...${keys}>
      ${days.value.map(
        ({ day, ids }) => html`
          <section key=${day} aria-label=${inWords(day, { dateStyle: "full" })}>
            <h2>${inWords(day, { weekday: "long", day: "numeric", month: "long" })}</h2>
            ${ids.map((id) => html`<${Card} key=${id} id=${id} />`)}
          </section>
        `,
      )}
      ${read.value.more && html`<button class="button" onClick=${more}>Show more</button>`}
    </div>
  `;
}

/**
 * The jobs of a list as far as it was read, in its order, by day.
 * @param {Job[]} jobs
 * @param {(typeof LISTS)[string]} list
 * @param {{edge: string, more: boolean} | null} read
 * @param {string} zoneName
 */
export function byDay(jobs, list, read, zoneName) {
  const sign = list.newestFirst ? -1 : 1;
  const edge = read?.more ? Date.parse(read.edge) * sign : Number.POSITIVE_INFINITY;
  const mine = jobs
    .map((job) => ({ job, due: Date.parse(job.dueAt) * sign }))
    .filter(({ job, due }) => list.states.includes(job.state) && due <= edge)
    .sort((one, other) => one.due - other.due || (one.job.id < other.job.id ? -1 : 1));
  /** @type {{day: string, ids: string[]}[]} */
  const days = [];
  for (const { job } of mine) {
    const day = dayOf(job.dueAt, zoneName);
    if (days.at(-1)?.day !== day) days.push({ day, ids: [] });
    /** @type {{ids: string[]}} */ (days.at(-1)).ids.push(job.id);
  }
  return days;
}
