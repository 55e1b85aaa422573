/** What one platform offers beside the words: the options that are a choice. The others are set through the API. */

import { html } from "../html.js";
import { sentence } from "../words.js";
import { rulesOf } from "./accounts.js";
import { change, draft } from "./draft.js";
import { Problems } from "./problems.js";

/** @param {{account: string}} props */
export function Options({ account }) {
  const offered = rulesOf(account)?.platform.options.filter((each) => each.choices.length) ?? [];
  const chosen = draft.value.options[account] ?? {};

  /** @param {string} name @param {string} value */
  function choose(name, value) {
    const { [name]: _before, ...rest } = chosen;
    const next = value ? { ...rest, [name]: value } : rest;
    change({ options: { ...draft.peek().options, [account]: next } });
  }

  return html`
    <div class="options" data-field="options" tabindex="-1">
      ${offered.map(
        (each) => html`
          <div key=${each.name} title=${each.description}>
            <label for=${`option-${each.name}`}>${sentence(each.name)}</label>
            <select id=${`option-${each.name}`} value=${chosen[each.name] ?? ""}
              onChange=${(/** @type {any} */ event) => choose(each.name, event.target.value)}>
              <option value="">Usual${each.default ? ` (${sentence(each.default)})` : ""}</option>
              ${each.choices.map((choice) => html`<option key=${choice} value=${choice}>${sentence(choice)}</option>`)}
            </select>
          </div>
        `,
      )}
      <${Problems} tab=${account} field="options" />
      <${Problems} tab=${account} field="account" />
    </div>
  `;
}
