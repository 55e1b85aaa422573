/** The form that moves one job to another time of the page's zone. */

import { useState } from "preact/hooks";

import { html } from "./html.js";
import { move } from "./move.js";
import { zone } from "./sync.js";
import { wallOf } from "./zones.js";

/** @param {{job: import("./shapes.d.ts").Job}} props */
export function When({ job }) {
  const stands = wallOf(job.dueAt, zone.value).slice(0, 16);
  const [typed, type] = useState("");

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (typed) void move(job.id, typed.slice(0, 16)).then((moved) => moved && type(""));
  }

  return html`
    <form class="when" onSubmit=${submit}>
      <label for="when">Goes out at <span class="soft">${zone.value.replaceAll("_", " ")}</span></label>
      <div>
        <input id="when" type="datetime-local" value=${typed || stands} onInput=${(/** @type {any} */ event) => type(event.target.value)} />
        <button class="button" type="submit" disabled=${!typed || typed === stands}>Move</button>
      </div>
    </form>
  `;
}
