/** One job as a card: when, where, what, and how it stands. A change of the job draws this card and no other. */

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { addressOf, place } from "./router.js";
import { connections, jobOf } from "./store.js";
import { zone } from "./sync.js";
import { holdWords, jobLook, markOf } from "./words.js";
import { clockOf } from "./zones.js";

/** A platform's mark. @param {{platform: {key: string, name: string}}} props */
export function Mark({ platform }) {
  return html`<span class="mark" data-platform=${platform.key} role="img" aria-label=${platform.name}>${markOf(platform.key)}</span>`;
}

/** A state as colour, icon and word. @param {{look: import("./words.js").Look}} props */
export function State({ look }) {
  return html`<span class="state" data-tone=${look.tone}><${Icon} name=${look.icon} />${look.word}</span>`;
}

/** @param {{id: string}} props */
export function Card({ id }) {
  const held = jobOf(id);
  if (!held) return null;
  const job = held.value;
  const look = jobLook(job.state);
  const account = connections.value.get(job.connection.id)?.account;
  const where = account ? account.handle || account.name : job.platform.name;
  const trouble = job.fault?.message ?? (job.parkReason ? holdWords(job.parkReason) : "");
  return html`
    <a class="card" href=${addressOf({ job: id })} data-job=${id} data-state=${job.state} data-tone=${look.tone}
      aria-current=${place.value.job === id ? "true" : null} draggable=${job.allowedActions.includes("RESCHEDULE")}>
      <span class="head"><time datetime=${job.dueAt}>${clockOf(job.dueAt, zone.value)}</time><${Mark} platform=${job.platform} />
        <span class="where">${where}</span></span>
      <span class="text">${job.content.text || "No text"}</span>
      <span class="foot"><${State} look=${look} />${trouble && html`<span class="trouble">${trouble}</span>`}</span>
    </a>
  `;
}
