/** The accounts: how each stands, what it needs, and how to connect another. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { connections, viewer } from "../store.js";
import { attempt, failure, giveUp } from "./attempt.js";
import { Connect } from "./connect.js";
import { Account } from "./account.js";

/** Those that need a person come first. */
const ORDER = ["ATTENTION", "EXPIRING_SOON", "HEALTHY", "PAUSED", "REVOKED"];

/** @param {{close: () => void}} props */
export function Overlay({ close }) {
  const adding = useSignal(false);
  useEffect(() => giveUp, []);
  const all = [...connections.value.values()].sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
  const may = Boolean(viewer.value?.scopes.includes("CONNECTIONS"));
  return html`
    <${Dialog} title="Accounts" kind="side" close=${close}>
      <${Waiting} />
      ${!may && html`<p class="soft">Your key shows the accounts. To change them it needs the scope CONNECTIONS.</p>`}
      ${!all.length && html`<p class="soft">No account is connected yet. Posts need one to go to.</p>`}
      <ul class="connections">
        ${all.map((each) => html`<li key=${each.id}><${Account} connection=${each} may=${may} /></li>`)}
      </ul>
      ${may && (adding.value || !all.length)
        ? html`<${Connect} done=${() => (adding.value = false)} />`
        : may && html`<button class="button" onClick=${() => (adding.value = true)}>Connect an account</button>`}
    <//>
  `;
}

/** What is under way in the other window, or why it did not work. */
function Waiting() {
  const now = attempt.value;
  const why = failure.value;
  if (why) return html`<p class="problem" role="alert">${why.message} <span class="soft">${why.hint}</span></p>`;
  if (!now) return null;
  return html`
    <div class="waiting" role="status">
      <p>${now.state === "asking" ? `Asking ${now.platform} …` : `Go on in the other window: ${now.platform} asks you there.`}</p>
      ${now.url && html`<a class="button" href=${now.url} target="_blank" rel="opener">No window? Open it here</a>`}
      <button class="quiet" onClick=${giveUp}>Stop waiting</button>
    </div>
  `;
}
