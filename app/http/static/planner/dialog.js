/**
 * A dialog over the page. The browser's own: what is behind it can be neither reached nor read, Tab stays inside,
 * Escape closes it, and the focus goes back to where it was. Messages are shown inside too, where they can be reached.
 */

import { useEffect, useId, useRef } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Notices } from "./notices.js";

/**
 * @param {{title: string, kind?: string, close: () => void, leave?: () => boolean, children?: any}} props `kind`
 *   chooses its look; `leave` is asked before it closes, and may say no
 */
export function Dialog({ title, kind = "middle", close, leave = () => true, children }) {
  const id = useId();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => before instanceof HTMLElement && before.isConnected && before.focus();
  }, []);
  const end = () => leave() && box.current?.close();
  return html`
    <dialog ref=${box} class="dialog" data-kind=${kind} aria-labelledby=${id} onClose=${close}
      onCancel=${(/** @type {Event} */ event) => event.target === box.current && !leave() && event.preventDefault()}
      onClick=${(/** @type {Event} */ event) => event.target === box.current && end()}>
      <div class="inner">
        <header>
          <h2 id=${id}>${title}</h2>
          <button class="icon" aria-label="Close" onClick=${end}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
      <${Notices} />
    </dialog>
  `;
}
