/** The sign-in screen. */

import { useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { ended, objectionTo, signIn } from "./session.js";

/** @param {{name: string}} props */
export function SignIn({ name }) {
  const [objection, object] = useState("");
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const text = box.current?.value ?? "";
    const problem = objectionTo(text);
    object(problem);
    if (problem) box.current?.focus();
    else signIn(text);
  }

  return html`
    <main class="signin">
      <h1><img src="/static/icon.svg" alt="" width="28" height="28" /> ${name}</h1>
      <p>See what goes out, when, and why not. Sign in to your workspace.</p>
      ${ended.value && html`<p class="problem" role="alert">${ended.value} Sign in again.</p>`}
      <form onSubmit=${submit} autocomplete="off">
        <label for="key">API key</label>
        <input id="key" ref=${box} type="password" placeholder="postd_live_…" autocomplete="off" autocapitalize="none"
          spellcheck="false" aria-describedby="key-note key-problem" aria-invalid=${objection ? "true" : "false"} />
        <p id="key-problem" class="problem" role="alert">${objection}</p>
        <button class="button primary" type="submit">Sign in</button>
      </form>
      <p id="key-note" class="soft">The key stays in this browser tab. It is forgotten when you close the tab.</p>
      <details>
        <summary>No key yet?</summary>
        <p>Whoever runs this server makes one: <code>postd keys create</code>. A key that reads and schedules needs the
          scopes <code>read</code>, <code>write:posts</code> and <code>publish</code>.</p>
      </details>
    </main>
  `;
}
