/** The bar at the top: views, days, the zone, how the connection is, and what belongs to the person. */

import { unseen } from "./happenings.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { link } from "./live.js";
import { open } from "./overlays.js";
import { chosenZone, theme } from "./prefs.js";
import { VIEWS, addressOf, place } from "./router.js";
import { darkSystem } from "./screen.js";
import { signOut } from "./session.js";
import { viewer } from "./store.js";
import { zone } from "./sync.js";
import { sentence } from "./words.js";
import { choices, ownZone } from "./zones.js";

/** @type {Record<string, string>} */
const LINKS = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Live",
  offline: "Offline",
  refused: "Key refused",
};

/** @param {{name: string, playground: boolean}} props */
export function Bar({ name, playground }) {
  return html`
    <header class="bar">
      <h1><img src="/static/icon.svg" alt="" width="22" height="22" /><span>${name}</span></h1>
      <nav class="tabs" aria-label="Views">
        ${VIEWS.map(
          (view) => html`
            <a key=${view} href=${addressOf({ view, at: "" })} aria-current=${place.value.view === view ? "page" : null}>
              ${sentence(view)}
            </a>
          `,
        )}
      </nav>
      <button class="button primary" onClick=${() => open("composer")}><${Icon} name="add" />New post</button>
      <span class="gap"></span>
      <p class="link" role="status" data-link=${link.value}>${LINKS[link.value]}</p>
      <${Zone} />
      <button class="icon" aria-label=${unseen.value ? `What happened, ${unseen.value} new` : "What happened"} onClick=${() => open("feed")}>
        <${Icon} name="bell" />${unseen.value > 0 && html`<span class="count" aria-hidden="true">${Math.min(unseen.value, 99)}</span>`}
      </button>
      <button class="quiet" aria-label="Accounts" onClick=${() => open("connections")}><${Icon} name="plug" /><span>Accounts</span></button>
      <${Theme} />
      ${playground && html`<a class="quiet" href="/graphql">API</a>`}
      <button class="quiet" onClick=${() => signOut()} title=${`Signed in to ${viewer.value?.tenant.name ?? "a workspace"}`}>
        <${Icon} name="out" /><span>Sign out</span>
      </button>
    </header>
  `;
}

function Zone() {
  const first = [zone.value, ownZone()];
  return html`
    <label class="zone">
      <span class="unseen">Time zone</span>
      <select value=${zone.value} onChange=${(/** @type {any} */ event) => (chosenZone.value = event.target.value)}>
        ${choices(first).map((each) => html`<option key=${each} value=${each}>${each.replaceAll("_", " ")}</option>`)}
      </select>
    </label>
  `;
}

function Theme() {
  const dark = theme.value ? theme.value === "dark" : darkSystem.value;
  return html`
    <button class="icon" aria-label=${dark ? "Use light colours" : "Use dark colours"}
      onClick=${() => (theme.value = dark ? "light" : "dark")}><${Icon} name=${dark ? "sun" : "moon"} /></button>
  `;
}
