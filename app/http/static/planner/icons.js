/** The page's icons: 16 by 16, drawn with the text's colour. They say nothing to a screen reader; words do. */

import { html } from "./html.js";

/** @type {Record<string, string>} */
const PATHS = {
  add: "M8 3v10M3 8h10",
  back: "M10 3 5 8l5 5",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM7 14h2",
  busy: "M8 13V4M4.5 7.5 8 4l3.5 3.5",
  calendar: "M3 4h10v9H3zM3 7h10M6 2.5v3M10 2.5v3",
  check: "m3 8.5 3.2 3L13 4.5",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3.2l2.2 1.3",
  close: "m4 4 8 8M12 4l-8 8",
  forward: "m6 3 5 5-5 5",
  hold: "M6 4v8M10 4v8",
  link: "M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5",
  list: "M6 4h7M6 8h7M6 12h7M3 4h.01M3 8h.01M3 12h.01",
  moon: "M12.8 9.6A5.3 5.3 0 0 1 6.4 3.2a5.3 5.3 0 1 0 6.4 6.4",
  off: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M4.2 4.2l7.6 7.6",
  out: "M6 3H3v10h3M10 5l3 3-3 3M13 8H6",
  plug: "M5.5 2.5v3M10.5 2.5v3M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5v2",
  question: "M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1V10M8 12.5h.01",
  retry: "M12.5 8a4.5 4.5 0 1 1-1.3-3.2M12.5 2.5v2.8H9.7",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.2 3.2",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  warning: "M8 2.5 14 13H2zM8 6.5v3M8 11.3h.01",
};

/** @param {{name: string}} props one of the names above */
export function Icon({ name }) {
  return html`
    <svg class="glyph" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>
  `;
}
