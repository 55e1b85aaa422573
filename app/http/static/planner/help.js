/** The list of keys. */

import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { known } from "./keyboard.js";

/** @param {{close: () => void}} props */
export function Overlay({ close }) {
  return html`
    <${Dialog} title="Keys" close=${close}>
      <dl class="keys">
        ${known().map(({ keys, does }) => html`<div key=${keys}><dt><kbd>${keys}</kbd></dt><dd>${does}</dd></div>`)}
        <div><dt><kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd></dt><dd>Go from post to post</dd></div>
        <div><dt><kbd>Enter</kbd></dt><dd>Open the post</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>Close what is open</dd></div>
      </dl>
    <//>
  `;
}
