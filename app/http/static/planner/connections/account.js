/** One account: how it stands in words, what waits for it, and what can be done. */

import { useSignal } from "@preact/signals";

import { Problem, act } from "../api.js";
import { Mark, State } from "../card.js";
import { html } from "../html.js";
import { complain, tell } from "../notices.js";
import { putConnections } from "../store.js";
import { zone } from "../sync.js";
import { connectionLook, counted } from "../words.js";
import { reconnect } from "./attempt.js";
import { DISCONNECT, PAUSE, RESUME } from "./documents.js";
import { Missed } from "./missed.js";
import { Story } from "./story.js";

/** @typedef {import("../shapes.d.ts").Connection} Connection */

/** @param {{connection: Connection, may: boolean}} props `may`: whether the caller may change it */
export function Account({ connection, may }) {
  const asking = useSignal(false);
  const { id, account, platform, state, reason, backlog } = connection;
  const name = account.handle || account.name;

  /** @param {string} mutation @param {string} done */
  async function change(mutation, done) {
    asking.value = false;
    try {
      const result = await act(mutation, { connectionId: id });
      putConnections([result.connection]);
      tell(done);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      complain(problem);
    }
  }

  return html`
    <article class="account" data-connection=${id} data-state=${state} aria-label=${`${name} on ${platform.name}`}>
      <header>
        <${Mark} platform=${platform} /><strong>${name}</strong><span class="soft">${platform.name}</span>
        <${Toned} state=${state} />
      </header>
      ${reason && html`<p>${reason.message} <span class="soft">${forPeople(reason.hint)}</span></p>`}
      <p class="soft">${expiry(connection, zone.value)}</p>
      ${backlog.parked + backlog.planned > 0 && html`
        <p>${[backlog.planned && `${counted(backlog.planned, "post")} planned`, backlog.parked && `${backlog.parked} on hold`]
          .filter(Boolean).join(", ")}.</p>`}
      ${backlog.missed > 0 && html`<${Missed} connection=${connection} />`}
      ${may && html`
        <div class="actions">
          <button class=${state === "HEALTHY" ? "quiet" : "button primary"} onClick=${() => reconnect(connection)}>Reconnect</button>
          ${state === "PAUSED"
            ? html`<button class="button" onClick=${() => change(RESUME, `${name} goes on.`)}>Resume</button>`
            : state !== "REVOKED" && html`<button class="quiet" onClick=${() => change(PAUSE, `${name} is paused.`)}>Pause</button>`}
          ${state !== "REVOKED" && html`<button class="quiet" aria-expanded=${asking.value}
            onClick=${() => (asking.value = !asking.value)}>Disconnect</button>`}
        </div>`}
      ${asking.value && html`
        <div class="leaving" role="group" aria-label=${`Disconnect ${name}`}>
          <p>Its access is ended and destroyed. Posts that wait for it do not go out.</p>
          <button class="button danger" onClick=${() => change(DISCONNECT, `${name} is disconnected.`)}>Disconnect ${name}</button>
          <button class="quiet" onClick=${() => (asking.value = false)}>Keep it</button>
        </div>`}
      <${Story} connection=${connection} />
    </article>
  `;
}

/** @param {{state: string}} props */
function Toned({ state }) {
  return html`<${State} look=${connectionLook(state)} />`;
}

/**
 * A hint without what it says to programs: the button does that here.
 * @param {string} hint
 */
export function forPeople(hint) {
  return hint.split(/(?<=\.)\s+/).filter((each) => !each.includes("reconnectConnection")).join(" ");
}

/**
 * How long the access lives, in a sentence.
 * @param {Connection} connection
 * @param {string} zoneName
 */
export function expiry({ state, tokenExpiresAt, refreshesItself, lastOkAt }, zoneName) {
  if (state === "REVOKED") return "It has no access any more.";
  const at = /** @param {string} instant */ (instant) =>
    new Intl.DateTimeFormat(undefined, { timeZone: zoneName, dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
  const seen = lastOkAt ? ` Last seen well ${at(lastOkAt)}.` : "";
  if (refreshesItself) return `The access is renewed by itself.${seen}`;
  return tokenExpiresAt ? `The access ends ${at(tokenExpiresAt)}. Reconnect before.${seen}` : `The access does not end by itself.${seen}`;
}
