/** One job as a card: when, where, what, and how it stands. A change of the job draws this card and no other. */

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { readinessOf } from "./readiness.js";
import { addressOfJob } from "./router.js";
import { accountLabel, jobOf } from "./store.js";
import { zone } from "./sync.js";
import { holdWords, jobLook, markOf, verdictLook } from "./words.js";
import { clockOf } from "./zones.js";

/** A platform's mark. @param {{platform: {key: string, name: string}}} props */
export function Mark({ platform }) {
  return html`<span class="mark" data-platform=${platform.key} role="img" aria-label=${platform.name}>${markOf(platform.key)}</span>`;
}

/** A state as colour, icon and word. @param {{look: import("./words.js").Look}} props */
export function State({ look }) {
  return html`<span class="state" data-tone=${look.tone}><${Icon} name=${look.icon} /><span>${look.word}</span></span>`;
}

/** @param {{id: string}} props */
export function Card({ id }) {
  const held = jobOf(id);
  if (!held) return null;
  const job = held.value;
  const look = jobLook(job.state);
  const ready = readinessOf(id);
  const risk = verdictLook(ready?.verdict);
  const trouble = job.fault?.message ?? (job.parkReason ? holdWords(job.parkReason) : "");
  return html`
    <a class="card" href=${addressOfJob(id)} data-job=${id} data-state=${job.state} data-tone=${look.tone} tabindex="-1"
      draggable=${job.allowedActions.includes("RESCHEDULE")} title=${job.content.text}>
      <span class="head">
        <time datetime=${job.dueAt}>${clockOf(job.dueAt, zone.value)}</time>
        <${Mark} platform=${job.platform} />
        <span class="where">${accountLabel(job.connection.id) || job.platform.name}</span>
        <${State} look=${look} />
      </span>
      <span class="text">${job.content.text || "No text"}</span>
      ${risk && html`<span class="risk" data-tone=${risk.tone}><${Icon} name=${risk.icon} />${risk.word}
        <span class="soft">${ready?.blocker?.message}</span></span>`}
      ${trouble && html`<span class="trouble">${trouble}</span>`}
    </a>
  `;
}
