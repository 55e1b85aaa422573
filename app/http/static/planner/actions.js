/** What can be done with a job, as the server allows it now: one button each, and a second look before what is final. */

import { useSignal } from "@preact/signals";
import { useState } from "preact/hooks";

import { act } from "./api.js";
import {
  CANCEL_JOB,
  DELETE_PUBLISHED_POST,
  DISCARD_JOBS,
  PUBLISH_POST_NOW,
  RESOLVE_JOB,
  RETRY_JOB,
  SETTLE_LATE_JOB,
} from "./documents.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { complain, tell } from "./notices.js";
import { putJobs } from "./store.js";
import { When } from "./when.js";
import { counted } from "./words.js";

/** @typedef {import("./shapes.d.ts").Job} Job */
/** @typedef {(mutation: string, input: Record<string, unknown>, done: string) => Promise<void>} Do */

/** @param {{job: Job, whole: import("./shapes.d.ts").WholeJob}} props `whole` may be a moment older than `job` */
export function Actions({ job, whole }) {
  const busy = useSignal(false);
  const may = new Set(job.allowedActions);

  /** @type {Do} */
  async function doing(mutation, input, done) {
    busy.value = true;
    try {
      const result = await act(mutation, input);
      const { job: one, post, changed = [], refused = [] } = result;
      putJobs([...(one ? [one] : []), ...(post?.jobs ?? []), ...changed.map((/** @type {any} */ each) => each.job)]);
      if (refused.length) complain(refused[0]);
      else tell(result.__typename === "CancelRequested" ? "It is on its way. It is cancelled if that is still possible." : done);
    } catch (problem) {
      complain(/** @type {Error} */ (problem));
    } finally {
      busy.value = false;
    }
  }

  const id = { jobId: job.id };
  return html`
    <section class="actions" aria-label="What you can do" aria-busy=${busy.value}>
      ${may.has("RESOLVE") && whole.review && html`<${Resolve} review=${whole.review} id=${job.id} doing=${doing} />`}
      ${may.has("SETTLE_LATE") && html`<${Late} id=${job.id} doing=${doing} />`}
      ${may.has("RESCHEDULE") && html`<${When} job=${job} />`}
      <div class="buttons">
        ${may.has("RETRY") &&
        html`<button class="button primary" onClick=${() => doing(RETRY_JOB, id, "It is tried again.")}><${Icon} name="retry" />Try again</button>`}
        ${whole.post.allowedActions.includes("PUBLISH_NOW") && may.has("RESCHEDULE") &&
        html`<${Sure} label="Publish now" ask=${nowWords(whole)} yes="Publish now"
          act=${() => doing(PUBLISH_POST_NOW, { postId: job.post.id }, "It goes out now.")} />`}
        ${may.has("CANCEL") &&
        html`<${Sure} label="Cancel post" ask="A cancelled post does not come back." yes="Cancel it" danger
          act=${() => doing(CANCEL_JOB, id, "Cancelled.")} />`}
        ${may.has("DELETE") &&
        html`<${Sure} label=${`Delete on ${job.platform.name}`} ask="It disappears for everybody." yes="Delete it" danger
          act=${() => doing(DELETE_PUBLISHED_POST, id, `Deleted on ${job.platform.name}.`)} />`}
        ${may.has("DISCARD") &&
        html`<${Sure} label="Put aside" ask="It leaves the list of failures and is not tried again." yes="Put it aside"
          act=${() => doing(DISCARD_JOBS, { jobIds: [job.id] }, "Put aside.")} />`}
      </div>
    </section>
  `;
}

/** @param {import("./shapes.d.ts").WholeJob} whole */
function nowWords(whole) {
  const others = whole.post.jobs.length - 1;
  return others ? `It goes out on this account and on ${counted(others, "other")}.` : "It goes out on this account at once.";
}

/**
 * A button that asks once more.
 * @param {{label: string, ask: string, yes: string, danger?: boolean, act: () => Promise<void>}} props
 */
function Sure({ label, ask, yes, danger = false, act: doIt }) {
  const [asked, show] = useState(false);
  const look = danger ? "button danger" : "button";
  if (!asked) return html`<button class=${look} onClick=${() => show(true)}>${label}</button>`;
  return html`
    <div class="sure" role="group" aria-label=${label}>
      <p>${ask}</p>
      <button class=${look} ref=${(/** @type {HTMLElement | null} */ each) => each?.focus()}
        onClick=${() => (show(false), void doIt())}>${yes}</button>
      <button class="quiet" onClick=${() => show(false)}>Keep it</button>
    </div>
  `;
}

/** @param {{review: NonNullable<import("./shapes.d.ts").WholeJob["review"]>, id: string, doing: Do}} props */
function Resolve({ review, id, doing }) {
  return html`
    <div class="choices">
      <h3>Did it go out?</h3>
      <p>${review.why}</p>
      ${review.lookAt && html`<p><a href=${review.lookAt} target="_blank" rel="noopener noreferrer">Look at the account</a>, then choose:</p>`}
      ${review.choices.map(
        ({ resolution, url, text, suggested }) => html`
          <button key=${resolution + url} class=${suggested ? "button primary" : "button"}
            onClick=${() => doing(RESOLVE_JOB, { jobId: id, resolution, ...(url ? { url } : {}) }, "Settled.")}>${text}</button>
        `,
      )}
    </div>
  `;
}

/** @param {{id: string, doing: Do}} props */
function Late({ id, doing }) {
  return html`
    <div class="choices">
      <h3>Its time has passed. Should it still go out?</h3>
      <button class="button primary" onClick=${() => doing(SETTLE_LATE_JOB, { jobId: id, choice: "PUBLISH_NOW" }, "It goes out now.")}>
        Publish it now</button>
      <button class="button" onClick=${() => doing(SETTLE_LATE_JOB, { jobId: id, choice: "DROP" }, "It does not go out.")}>
        Do not publish it</button>
    </div>
  `;
}
