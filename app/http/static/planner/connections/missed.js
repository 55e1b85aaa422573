/** Posts that came too late while their account was away: out now, at a new time, or let go. A person decides. */

import { useSignal } from "@preact/signals";

import { Problem, act, ask } from "../api.js";
import { html } from "../html.js";
import { complain, tell } from "../notices.js";
import { putConnections, putJobs } from "../store.js";
import { zone } from "../sync.js";
import { counted } from "../words.js";
import { CONNECTIONS_AGAIN, RELEASE_MISSED } from "./documents.js";

/** @param {{connection: import("../shapes.d.ts").Connection}} props */
export function Missed({ connection: { id, backlog, state } }) {
  const at = useSignal("");
  const busy = useSignal(false);
  const usable = state === "HEALTHY" || state === "EXPIRING_SOON";

  /** @param {"PUBLISH_NOW" | "RESCHEDULE" | "DROP"} action @param {string} done */
  async function release(action, done) {
    busy.value = true;
    let count = 0;
    try {
      const when = action === "RESCHEDULE" ? { publishAt: { local: { time: at.peek(), zone: zone.peek() } } } : {};
      for (let more = true; more; ) {
        const result = await act(RELEASE_MISSED, { connectionId: id, action, ...when });
        putJobs(result.jobs);
        count += result.count;
        more = result.more && result.count > 0;
      }
      tell(`${done}: ${counted(count, "post")}.`);
      putConnections((await ask(CONNECTIONS_AGAIN, { ids: [id] })).nodes);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      complain(problem);
    }
    busy.value = false;
  }

  return html`
    <div class="leaving" role="group" aria-label="Posts that came too late">
      <p>${counted(backlog.missed, "post")} came too late and ${backlog.missed === 1 ? "was" : "were"} not sent.
        ${!usable && " Reconnect first, then decide."}</p>
      <button class="button" disabled=${!usable || busy.value} onClick=${() => release("PUBLISH_NOW", "Out now")}>Publish now</button>
      <label>New time
        <input type="datetime-local" value=${at.value} onInput=${(/** @type {any} */ event) => (at.value = event.target.value)} />
      </label>
      <button class="button" disabled=${!usable || busy.value || !at.value} onClick=${() => release("RESCHEDULE", "Moved")}>Move</button>
      <button class="quiet" disabled=${busy.value} onClick=${() => release("DROP", "Let go")}>Let go</button>
    </div>
  `;
}
