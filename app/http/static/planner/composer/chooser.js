/** Who the post goes to. */

import { Mark } from "../card.js";
import { html } from "../html.js";
import { open } from "../overlays.js";
import { connectionLook } from "../words.js";
import { choosable, usable } from "./accounts.js";
import { draft, toggle } from "./draft.js";
import { Problems } from "./problems.js";
import { tab } from "./tabs.js";

export function Accounts() {
  const all = choosable();
  const { targets } = draft.value;

  /** @param {string} id */
  function choose(id) {
    toggle(id);
    if (tab.peek() === id) tab.value = "";
  }

  return html`
    <fieldset class="accounts" data-field="account" tabindex="-1">
      <legend>Accounts</legend>
      ${all.map((each) => {
        const chosen = targets.includes(each.id);
        const look = connectionLook(each.state);
        return html`
          <label key=${each.id} class="chip" data-chosen=${chosen} title=${`${each.platform.name}: ${look.word}`}>
            <input type="checkbox" checked=${chosen} disabled=${!usable(each) && !chosen} onChange=${() => choose(each.id)} />
            <${Mark} platform=${each.platform} /><span>${each.account.handle || each.account.name}</span>
            ${each.state !== "HEALTHY" && html`<span class="soft">${look.word}</span>`}
          </label>
        `;
      })}
      ${!all.length && html`<p class="soft">No account is connected yet.</p>`}
      <button type="button" class="quiet" onClick=${() => open("connections")}>${all.length ? "Accounts …" : "Connect an account"}</button>
      <${Problems} tab="" field="account" />
    </fieldset>
  `;
}
