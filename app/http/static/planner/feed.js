/** What has happened in the workspace lately, newest first. What came since the last look is marked. */

import { useEffect, useState } from "preact/hooks";

import { today } from "./clock.js";
import { Dialog } from "./dialog.js";
import { happenings, seeAll } from "./happenings.js";
import { html } from "./html.js";
import { seen } from "./prefs.js";
import { addressOfJob } from "./router.js";
import { Nothing } from "./standstill.js";
import { accountLabel, jobOf } from "./store.js";
import { zone } from "./sync.js";
import { sentence } from "./words.js";
import { clockOf, dayOf } from "./zones.js";

/** @typedef {import("./shapes.d.ts").Happening} Happening */

/** @param {{close: () => void}} props */
export function Overlay({ close }) {
  const [before] = useState(seen.peek());
  useEffect(seeAll, [happenings.value]);
  const old = happenings.value.findIndex((each) => each.cursor === before);
  return html`
    <${Dialog} title="What happened" kind="side" close=${close}>
      ${happenings.value.length === 0 && html`<${Nothing} title="Nothing has happened yet."><p>Schedule a post, and it begins here.</p><//>`}
      <ol class="feed">
        ${happenings.value.map((each, index) => html`<${Line} key=${each.id} event=${each} fresh=${old < 0 || index < old} />`)}
      </ol>
    <//>
  `;
}

/** @param {{event: Happening, fresh: boolean}} props */
function Line({ event, fresh }) {
  const { subject } = event;
  const day = dayOf(event.at, zone.value);
  const words = event.changes.find((each) => each.field === "message")?.value;
  return html`
    <li data-fresh=${fresh ? "" : null}>
      <time class="soft" datetime=${event.at}>${day === today.value ? "" : `${day} `}${clockOf(event.at, zone.value)}</time>
      <div>
        <strong>${happened(event.type)}</strong>${fresh && html`<span class="unseen"> (new)</span>`}
        ${subject?.__typename === "Job" && html` <a href=${addressOfJob(subject.id)}>${titleOf(subject.id)}</a>`}
        ${subject?.__typename === "Connection" && html` <span>${accountLabel(subject.id)}</span>`}
        ${words && html`<p class="soft">${words}</p>`}
      </div>
    </li>
  `;
}

/** @param {string} id */
function titleOf(id) {
  const job = jobOf(id)?.value;
  if (!job) return "Open the post";
  const text = job.content.text;
  return `${accountLabel(job.connection.id)}: ${text.length > 60 ? `${text.slice(0, 60)} …` : text || "no text"}`;
}

/** An event's type in words: `job.published` is "Published", `connection.paused` is "Account paused". @param {string} type */
function happened(type) {
  return sentence(type.replace(/^job\./, "").replace(/^connection\./, "account."));
}
