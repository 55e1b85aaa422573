/** What has happened to a job, newest last, with what was said to the platform behind each try. */

import { html } from "./html.js";

/** @param {{moments: import("./shapes.d.ts").Moment[]}} props */
export function Timeline({ moments }) {
  return html`
    <section aria-labelledby="timeline-title">
      <h3 id="timeline-title">What happened</h3>
      <ol class="timeline">
        ${moments.map(
          (each, index) => html`
            <li key=${index}>
              <time datetime=${each.at} class="soft">${each.local}</time>
              <p>${each.text}</p>
              ${each.exchanges.length > 0 &&
              html`<details>
                <summary>What was said to the platform</summary>
                ${each.exchanges.map((said, number) => html`<pre key=${number} tabindex="0">${pretty(said)}</pre>`)}
              </details>`}
            </li>
          `,
        )}
      </ol>
    </section>
  `;
}

/** @param {string} text JSON, but it may have been cut */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
