/** What became of a post that is out, as its platform told it last. What the platform does not give stands as such. */

import { html } from "./html.js";
import { zone } from "./sync.js";
import { sentence } from "./words.js";
import { wallOf } from "./zones.js";

/** @param {{metrics: NonNullable<import("./shapes.d.ts").WholeJob["metrics"]>}} props */
export function Figures({ metrics }) {
  const newest = metrics.figures.map((each) => each.newestAt ?? "").sort().at(-1);
  return html`
    <section class="figures" aria-labelledby="figures-title">
      <h3 id="figures-title">Figures ${newest && html`<span class="soft">as of ${wallOf(newest, zone.value).slice(0, 16).replace("T", " ")}</span>`}</h3>
      ${metrics.measured === 0
        ? html`<p class="soft">The platform has told nothing yet.</p>`
        : html`<dl>
            ${metrics.figures.map(
              ({ metric, value }) => html`
                <div key=${metric}><dt>${sentence(metric)}</dt><dd>${value === null ? "not given" : value.toLocaleString()}</dd></div>
              `,
            )}
            ${metrics.engagementRate !== null &&
            html`<div><dt>Engagement rate</dt><dd>${(metrics.engagementRate * 100).toFixed(1)} %</dd></div>`}
          </dl>`}
    </section>
  `;
}
