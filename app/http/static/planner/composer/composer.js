/** The composer: who it goes to, what it says there, and when. The draft outlives the dialog. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { viewer } from "../store.js";
import { Accounts } from "./chooser.js";
import { checkSoon, stopChecking } from "./checking.js";
import { discard, draft, isEmpty, openDraft } from "./draft.js";
import { uploads } from "./files.js";
import { Options } from "./options.js";
import { Page } from "./page.js";
import { Jumps } from "./problems.js";
import { Sending } from "./sending.js";
import { Tabs, tab } from "./tabs.js";
import { When } from "./when.js";

/** @param {{close: () => void, at?: string}} props `at`: the wall time that was chosen already */
export function Overlay({ close, at = "" }) {
  const asking = useSignal(false);
  const begun = useRef(false);
  if (!begun.current) {
    begun.current = true;
    openDraft(viewer.peek()?.tenant.id ?? "");
    if (at) draft.value = { ...draft.peek(), at };
    tab.value = "";
  }
  useSignalEffect(checkSoon);
  useEffect(() => stopChecking, []);

  function leave() {
    if (isEmpty(draft.peek()) && !uploads.peek().length) return true;
    asking.value = !asking.peek();
    return false;
  }

  return html`
    <${Dialog} title="New post" kind="wide" close=${close} leave=${leave}>
      ${asking.value && html`<${Leaving} stay=${() => (asking.value = false)} close=${close} />`}
      <div class="composer">
        <${Accounts} />
        <${Tabs} />
        <div class="page" role="tabpanel" id="composer-page" aria-labelledby=${`composer-tab-${tab.value}`}>
          <${Page} key=${tab.value} tab=${tab.value} />
          ${tab.value && html`<${Options} key=${`options-${tab.value}`} account=${tab.value} />`}
        </div>
        <${When} />
        <${Jumps} />
        <${Sending} close=${close} />
      </div>
    <//>
  `;
}

/** @param {{stay: () => void, close: () => void}} props */
function Leaving({ stay, close }) {
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => first.current?.focus(), []);

  function throwAway() {
    for (const upload of uploads.peek()) upload.stop();
    discard();
    close();
  }

  return html`
    <div class="leaving" role="alertdialog" aria-label="Close the composer">
      <p>This post was not scheduled.</p>
      <button ref=${first} class="button primary" onClick=${close}>Keep the draft</button>
      <button class="button danger" onClick=${throwAway}>Throw it away</button>
      <button class="quiet" onClick=${stay}>Go on writing</button>
    </div>
  `;
}
