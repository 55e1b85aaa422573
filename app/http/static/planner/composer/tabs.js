/** The tabs of the composer: one for what all accounts say, and one for each account. */

import { signal } from "@preact/signals";

import { Mark } from "../card.js";
import { html } from "../html.js";
import { connections } from "../store.js";
import { nameOf } from "./accounts.js";
import { stops, verdicts } from "./checking.js";
import { draft } from "./draft.js";

/** The tab that is open: an account's id, or empty for all. */
export const tab = signal("");

export function Tabs() {
  const { targets, own } = draft.value;
  const names = ["", ...targets];

  /** @param {KeyboardEvent} event */
  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    tab.value = names[(names.indexOf(tab.peek()) + step + names.length) % names.length];
    requestAnimationFrame(() => document.getElementById(`composer-tab-${tab.peek()}`)?.focus());
  }

  if (!targets.length) return null;
  return html`
    <div class="tabs" role="tablist" aria-label="What is said where" onKeyDown=${move}>
      ${names.map((id) => html`<${Tab} key=${id} id=${id} different=${id in own} />`)}
    </div>
  `;
}

/** @param {{id: string, different: boolean}} props */
function Tab({ id, different }) {
  const chosen = tab.value === id;
  const wrong = id !== "" && verdicts.value.get(id)?.problems.some(stops);
  const platform = connections.value.get(id)?.platform;
  return html`
    <button type="button" role="tab" id=${`composer-tab-${id}`} aria-selected=${chosen} aria-controls="composer-page"
      tabindex=${chosen ? 0 : -1} data-wrong=${wrong} onClick=${() => (tab.value = id)}>
      ${platform && html`<${Mark} platform=${platform} />`}
      <span>${id ? nameOf(id) : "All accounts"}</span>
      ${different && html`<span class="unseen">has words of its own</span><span aria-hidden="true">✎</span>`}
      ${wrong && html`<span class="wrong">has problems</span>`}
    </button>
  `;
}
