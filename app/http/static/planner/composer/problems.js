/** What the platforms would refuse: beside its field, and as a list from which one gets to each. */

import { Mark } from "../card.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { connections } from "../store.js";
import { counted } from "../words.js";
import { fieldOf, objections, stops, verdicts } from "./checking.js";
import { draft } from "./draft.js";
import { accountsOf } from "./input.js";
import { tab as opened } from "./tabs.js";

/** @typedef {import("./shapes.d.ts").Problem} Problem */

/**
 * The problems of one field.
 * @param {{tab: string, field: ReturnType<typeof fieldOf>}} props
 */
export function Problems({ tab, field }) {
  const whole = field === "account" || field === "time"; // they stand in no tab's words
  const accounts = tab || !whole ? accountsOf(draft.value, tab) : draft.value.targets;
  const found = accounts.flatMap((id) =>
    (verdicts.value.get(id)?.problems ?? []).filter((each) => fieldOf(each) === field).map((problem) => ({ id, problem })),
  );
  const once = field === "time" ? found.slice(0, 1) : found;
  return html`
    <ul class="problems" data-problems=${field} aria-live="polite">
      ${once.map(({ id, problem }) => html`<${Line} key=${id + problem.rule + problem.path} id=${id} problem=${problem} />`)}
    </ul>
  `;
}

/** @param {{id: string, problem: Problem}} props */
function Line({ id, problem }) {
  const platform = connections.value.get(id)?.platform;
  return html`
    <li data-tone=${stops(problem) ? "bad" : "warn"}>
      <${Icon} name="warning" />${platform && html`<${Mark} platform=${platform} />`}
      <span>${problem.message} <span class="soft">${problem.fix}</span></span>
    </li>
  `;
}

/** All that stops the post, each with the way to its field. */
export function Jumps() {
  if (!objections.value) return null;
  const found = [...verdicts.value].flatMap(([id, { problems }]) => problems.filter(stops).map((problem) => ({ id, problem })));
  return html`
    <details class="jumps" open>
      <summary>${counted(objections.value, "problem")} to solve first</summary>
      <ul>
        ${found.map(({ id, problem }) => {
          const platform = connections.value.get(id)?.platform;
          return html`
            <li key=${id + problem.rule + problem.path}>
              <button type="button" class="quiet" onClick=${() => jump(id, problem)}>
                ${platform && html`<${Mark} platform=${platform} />`}${problem.message}</button>
            </li>
          `;
        })}
      </ul>
    </details>
  `;
}

/** @param {string} id @param {Problem} problem */
function jump(id, problem) {
  const field = fieldOf(problem);
  opened.value = id in draft.peek().own || field === "options" ? id : "";
  requestAnimationFrame(() => {
    const target = /** @type {HTMLElement | null} */ (document.querySelector(`.composer [data-field="${field}"]`));
    target?.closest("details")?.setAttribute("open", "");
    target?.focus();
  });
}
