/** What is said: on every account, or on one of them. */

import { useEffect, useRef } from "preact/hooks";

import { html } from "../html.js";
import { Icon } from "../icons.js";
import { nameOf, rulesOf } from "./accounts.js";
import { verdicts } from "./checking.js";
import { countOf } from "./counts.js";
import { draft, join, part, write, writingOf } from "./draft.js";
import { add } from "./files.js";
import { accountsOf, kindOf } from "./input.js";
import { Media } from "./media.js";
import { Problems } from "./problems.js";

/** @param {{tab: string}} props */
export function Page({ tab }) {
  const held = draft.value;
  const different = tab in held.own;
  if (tab && !different) {
    return html`
      <p class="same">It says there what it says everywhere.
        <button type="button" class="button" onClick=${() => part(tab)}>Write something else for ${nameOf(tab)}</button></p>
      <${Counters} tab=${tab} accounts=${[tab]} />
    `;
  }
  return html`
    ${different && html`
      <p class="same">Only for ${nameOf(tab)}.
        <button type="button" class="button" onClick=${() => join(tab)}>Say what all say</button></p>`}
    <${Words} tab=${tab} />
    <${Media} tab=${tab} />
    <${After} tab=${tab} />
    <${Link} tab=${tab} />
  `;
}

/** @param {{tab: string}} props */
function Words({ tab }) {
  const held = draft.value;
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => box.current?.focus(), []);

  /** @param {ClipboardEvent} event */
  function paste(event) {
    const files = event.clipboardData?.files ?? [];
    if (!files.length) return;
    event.preventDefault();
    void add(tab, files);
  }

  return html`
    <div class="field">
      <label for="composer-text">Text</label>
      <textarea id="composer-text" ref=${box} data-field="text" rows="6" value=${writingOf(held, tab).text}
        placeholder="What do you want to say?" aria-describedby="composer-counts" onPaste=${paste}
        onInput=${(/** @type {any} */ event) => write(tab, { text: event.target.value })}></textarea>
      <${Counters} tab=${tab} accounts=${accountsOf(held, tab)} />
      <${Problems} tab=${tab} field="text" />
    </div>
  `;
}

/** How much of each platform's room is used. @param {{tab: string, accounts: string[]}} props */
function Counters({ tab, accounts }) {
  const writing = writingOf(draft.value, tab);
  return html`
    <p id="composer-counts" class="counts">
      ${accounts.map((id) => {
        const rules = rulesOf(id);
        const limits = rules?.[kindOf(writing)].length ? rules[kindOf(writing)] : rules?.TEXT;
        const told = verdicts.value.get(id)?.problems.filter((each) => each.path[1] !== "1") ?? [];
        const count = limits && countOf(writing.text, limits, told);
        if (!rules || !count) return null;
        const over = count.used > count.most;
        return html`
          <span key=${id} data-over=${over} data-account=${id}>${rules.platform.name} ${count.used}/${count.most}
            ${over && html`<span class="unseen"> too long</span>`}</span>
        `;
      })}
    </p>
  `;
}

/** @param {{tab: string}} props */
function After({ tab }) {
  const { after } = writingOf(draft.value, tab);
  /** @param {number} place @param {string[]} texts */
  const put = (place, ...texts) => write(tab, { after: after.toSpliced(place, 1, ...texts) });
  return html`
    <div class="field after" data-field="after" tabindex="-1">
      ${after.map(
        (text, place) => html`
          <div key=${place} class="line">
            <label for=${`composer-after-${place}`}>${place ? `Comment ${place + 1}` : "First comment, or reply"}</label>
            <textarea id=${`composer-after-${place}`} rows="2" value=${text}
              onInput=${(/** @type {any} */ event) => put(place, event.target.value)}></textarea>
            <button type="button" class="icon" aria-label=${`Take comment ${place + 1} away`} onClick=${() => put(place)}>
              <${Icon} name="close" /></button>
          </div>
        `,
      )}
      <button type="button" class="quiet" onClick=${() => put(after.length, "")}>
        <${Icon} name="add" />${after.length ? "Another one below" : "Add a first comment"}</button>
      <${Problems} tab=${tab} field="after" />
    </div>
  `;
}

/** @param {{tab: string}} props */
function Link({ tab }) {
  const { link } = writingOf(draft.value, tab);
  return html`
    <details class="field" open=${Boolean(link)}>
      <summary>Link card</summary>
      <label for="composer-link">Address that is shown as a card</label>
      <input id="composer-link" type="url" data-field="link" value=${link} placeholder="https://example.com/page"
        onInput=${(/** @type {any} */ event) => write(tab, { link: event.target.value })} />
      <${Problems} tab=${tab} field="link" />
    </details>
  `;
}
