/** The row of filters above every view. */

import { useEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";

import { filters, isFiltered, narrow, showAll } from "./filters.js";
import { html } from "./html.js";
import { bind } from "./keyboard.js";
import { allJobs, connections, placement } from "./store.js";
import { STATES, jobLook } from "./words.js";

export function FilterBar() {
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => bind("/", "Search in the posts", () => box.current?.focus()), []);
  const { platform, connection, state, label, words } = filters.value;
  const accounts = [...connections.value.values()];
  const platforms = new Map(accounts.map((each) => [each.platform.key, each.platform.name]));
  const labels = useComputed(() => {
    void placement.value;
    return [...new Set(allJobs().flatMap((job) => job.post.labels))].sort();
  });
  return html`
    <search class="filters" aria-label="Filters">
      <input ref=${box} type="search" aria-label="Search in the posts" placeholder="Search ( / )" value=${words}
        onInput=${(/** @type {any} */ event) => narrow({ words: event.target.value })}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && (narrow({ words: "" }), box.current?.blur())} />
      <${Choice} name="platform" all="All platforms" value=${platform} offers=${[...platforms]} />
      <${Choice} name="connection" all="All accounts" value=${connection}
        offers=${accounts.map((each) => [each.id, `${each.account.handle || each.account.name} · ${each.platform.name}`])} />
      <${Choice} name="state" all="All states" value=${state} offers=${STATES.map((each) => [each, jobLook(each).word])} />
      ${labels.value.length > 0 &&
      html`<${Choice} name="label" all="All labels" value=${label} offers=${labels.value.map((each) => [each, each])} />`}
      ${isFiltered.value && html`<button class="quiet" onClick=${showAll}>Show all</button>`}
    </search>
  `;
}

/** @param {{name: string, all: string, value: string, offers: [string, string][]}} props */
function Choice({ name, all, value, offers }) {
  return html`
    <select aria-label=${all} value=${value} data-set=${value ? "" : null}
      onChange=${(/** @type {any} */ event) => narrow({ [name]: event.target.value })}>
      <option value="">${all}</option>
      ${offers.map(([key, words]) => html`<option key=${key} value=${key}>${words}</option>`)}
    </select>
  `;
}
