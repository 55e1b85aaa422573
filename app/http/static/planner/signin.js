/** The sign-in screen: a person by address and password, or an API key. */

import { useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { ended, objectionTo, signIn, signInPerson } from "./session.js";

/** @param {{name: string}} props */
export function SignIn({ name }) {
  return html`
    <main class="signin">
      <h1><img src="/static/icon.svg" alt="" width="28" height="28" /> ${name}</h1>
      <p>See what goes out, when, and why not. Sign in to your workspace.</p>
      ${ended.value && html`<p class="problem" role="alert">${ended.value} Sign in again.</p>`}
      <${ByKey} />
      <details>
        <summary>Sign in with an e-mail address</summary>
        <${ByAddress} />
      </details>
      <details>
        <summary>No key yet?</summary>
        <p>Whoever runs this server makes one: <code>postd keys create</code>. A key that reads and schedules needs the
          scopes <code>read</code>, <code>write:posts</code> and <code>publish</code>.</p>
      </details>
    </main>
  `;
}

function ByKey() {
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
    <form onSubmit=${submit} autocomplete="off">
      <label for="key">API key</label>
      <input id="key" ref=${box} type="password" placeholder="postd_live_…" autocomplete="off" autocapitalize="none"
        spellcheck="false" aria-describedby="key-note key-problem" aria-invalid=${objection ? "true" : "false"} />
      <p id="key-problem" class="problem" role="alert">${objection}</p>
      <p id="key-note" class="soft">The key stays in this browser tab. It is forgotten when you close the tab.</p>
      <button class="button primary" type="submit">Sign in</button>
    </form>
  `;
}

function ByAddress() {
  const [refusal, refuse] = useState("");
  const [busy, wait] = useState(false);

  /** @param {any} event */
  async function submit(event) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    wait(true);
    refuse(await signInPerson(String(given.get("address")), String(given.get("password"))));
    wait(false);
  }

  return html`
    <form onSubmit=${submit}>
      <label for="address">E-mail address</label>
      <input id="address" name="address" type="email" autocomplete="username" required />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      <p class="problem" role="alert">${refusal}</p>
      <button class="button" type="submit" disabled=${busy}>Sign in as a person</button>
    </form>
  `;
}
