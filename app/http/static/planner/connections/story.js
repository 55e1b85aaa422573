/** Why an account is as it is: its timeline, read when somebody opens it, and the rights that are missing. */

import { useSignal } from "@preact/signals";

import { Problem, ask } from "../api.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { putConnections } from "../store.js";
import { zone } from "../sync.js";
import { wallOf } from "../zones.js";
import { CONNECTION_STORY } from "./documents.js";

/** @param {{connection: import("../shapes.d.ts").Connection}} props */
export function Story({ connection }) {
  const story = useSignal(/** @type {any} */ (null));

  /** @param {any} event */
  async function look({ currentTarget }) {
    if (!currentTarget.open) return;
    try {
      const { node } = await ask(CONNECTION_STORY, { id: connection.id });
      const { missingScopes, timeline, ...card } = node;
      story.value = { missing: missingScopes, moments: timeline.edges.map((/** @type {any} */ each) => each.node) };
      putConnections([card]);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      story.value = { problem };
    }
  }

  return html`
    <details class="story" onToggle=${look}>
      <summary>History</summary>
      ${story.value?.problem && html`<p class="problem" role="alert">${story.value.problem.message} ${story.value.problem.hint}</p>`}
      ${story.value?.missing?.length > 0 && html`<p>Rights that are missing: ${story.value.missing.join(", ")}. Reconnect to grant them.</p>`}
      <ol>
        ${story.value?.moments?.map(
          (/** @type {any} */ each) => html`
            <li key=${each.at + each.what} data-tone=${each.ok ? "good" : "bad"}>
              <${Icon} name=${each.ok ? "check" : "warning"} />
              <time datetime=${each.at}>${wallOf(each.at, zone.value).slice(0, 16).replace("T", " ")}</time>
              <span>${each.message}</span>
            </li>
          `,
        )}
      </ol>
    </details>
  `;
}
