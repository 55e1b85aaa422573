/** What stands where posts would stand: still reading, could not be read, or there is nothing. */

import { html } from "./html.js";
import { Icon } from "./icons.js";

/** @param {{state: "empty" | Error, again: () => void}} props */
export function Standstill({ state, again }) {
  if (!(state instanceof Error)) return html`<p class="standstill soft" role="status">Reading the posts …</p>`;
  const { message, hint } = /** @type {import("./api.js").Problem} */ (state);
  return html`
    <div class="standstill" role="alert">
      <${Icon} name="warning" />
      <h2>${message}</h2>
      ${hint && html`<p>${hint}</p>`}
      <button class="button" onClick=${again}>Try again</button>
    </div>
  `;
}

/** @param {{title: string, children?: any}} props */
export function Nothing({ title, children }) {
  return html`<div class="standstill"><${Icon} name="calendar" /><h2>${title}</h2>${children}</div>`;
}
