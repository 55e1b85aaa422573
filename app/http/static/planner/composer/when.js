/** When the post goes out: a wall time in the page's zone, with a word where clocks change; and labels to find it by. */

import { html } from "../html.js";
import { zone } from "../sync.js";
import { verdicts, wallHere } from "./checking.js";
import { change, draft } from "./draft.js";
import { clockNotice } from "./input.js";
import { Problems } from "./problems.js";

export function When() {
  const { at, labels } = draft.value;
  const clock = clockNotice(at, zone.value, wallHere);
  const notices = new Set([...verdicts.value.values()].flatMap((each) => each.notices));
  return html`
    <div class="when">
      <label>Time <span class="soft">in ${zone.value.replaceAll("_", " ")}</span>
        <input type="datetime-local" data-field="time" value=${at} min=${wallHere(Date.now())}
          onInput=${(/** @type {any} */ event) => change({ at: event.target.value })} />
      </label>
      <label>Labels <span class="soft">with commas between them</span>
        <input value=${labels} onInput=${(/** @type {any} */ event) => change({ labels: event.target.value })} />
      </label>
      ${clock && html`<p class="clock" role="status">${clock}</p>`}
      ${[...notices].map((each) => html`<p key=${each} class="soft">${each}</p>`)}
      <${Problems} tab="" field="time" />
    </div>
  `;
}
