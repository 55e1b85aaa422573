/**
 * A dialog over the page. The browser's own: what is behind it can be neither reached nor read, Tab stays inside,
 * Escape closes it, and the focus goes back to where it was. Messages are shown inside too, where they can be reached.
 */

import { useEffect, useId, useRef } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Notices } from "./notices.js";

/** @param {{title: string, kind?: string, close: () => void, children?: any}} props `kind` chooses its look */
export function Dialog({ title, kind = "middle", close, children }) {
  const id = useId();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => before instanceof HTMLElement && before.isConnected && before.focus();
  }, []);
  return html`
    <dialog ref=${box} class="dialog" data-kind=${kind} aria-labelledby=${id} onClose=${close}
      onClick=${(/** @type {any} */ event) => event.target === box.current && box.current?.close()}>
      <div class="inner">
        <header>
          <h2 id=${id}>${title}</h2>
          <button class="icon" aria-label="Close" onClick=${() => box.current?.close()}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
      <${Notices} />
    </dialog>
  `;
}
