/** Connecting another account: which platform, in which way, and what it asks for first. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Problem, ask } from "../api.js";
import { Mark } from "../card.js";
import { html } from "../html.js";
import { sentence } from "../words.js";
import { connect } from "./attempt.js";
import { WAYS } from "./documents.js";

/**
 * @typedef {{by: string, fields: Field[], scopes: {name: string, purpose: string}[]}} Way
 * @typedef {{name: string, label: string, kind: string, required: boolean, placeholder: string, help: string}} Field
 * @typedef {{key: string, name: string, connectBy: Way[]}} Platform
 */

const WAY_NAMES = new Map([
  ["OAUTH", "Sign in there"],
  ["APP_PASSWORD", "App password"],
  ["PAGE", "By its page"],
]);

/** @param {{done: () => void}} props */
export function Connect({ done }) {
  const platforms = useSignal(/** @type {Platform[]} */ ([]));
  const problem = useSignal("");
  const chosen = useSignal(/** @type {Platform | null} */ (null));
  useEffect(() => {
    ask(WAYS).then(
      (found) => (platforms.value = found.platforms),
      (error) => {
        if (!(error instanceof Problem)) throw error;
        problem.value = `${error.message} ${error.hint}`;
      },
    );
  }, []);

  return html`
    <section class="connect" aria-label="Connect an account">
      <h3>Connect an account</h3>
      ${problem.value && html`<p class="problem" role="alert">${problem.value}</p>`}
      <div class="choices">
        ${platforms.value.map(
          (each) => html`
            <button key=${each.key} class="button" aria-label=${each.name} aria-pressed=${chosen.value === each} onClick=${() => (chosen.value = each)}>
              <${Mark} platform=${each} />${each.name}</button>
          `,
        )}
      </div>
      ${chosen.value && html`<${Ask} key=${chosen.value.key} platform=${chosen.value} done=${done} />`}
    </section>
  `;
}

/** @param {{platform: Platform, done: () => void}} props */
function Ask({ platform, done }) {
  const way = useSignal(platform.connectBy[0]);

  /** @param {any} event */
  function submit(event) {
    event.preventDefault();
    const typed = new FormData(event.target);
    const fields = way.peek().fields.map(({ name }) => ({ name, value: String(typed.get(name) ?? "").trim() }));
    void connect(platform, way.peek().by, fields.filter((each) => each.value)).then((begun) => begun && done());
  }

  return html`
    <form onSubmit=${submit} autocomplete="off">
      ${platform.connectBy.length > 1 && html`
        <fieldset class="choices"><legend>Way</legend>
          ${platform.connectBy.map(
            (each) => html`
              <label key=${each.by} class="chip" data-chosen=${way.value === each}>
                <input type="radio" name="way" checked=${way.value === each} onChange=${() => (way.value = each)} />
                ${WAY_NAMES.get(each.by) ?? sentence(each.by)}</label>
            `,
          )}
        </fieldset>`}
      ${way.value.fields.map(
        (each) => html`
          <label key=${way.value.by + each.name}>${each.label}${!each.required && html` <span class="soft">(optional)</span>`}
            <input name=${each.name} type=${each.kind === "SECRET" ? "password" : "text"} required=${each.required} placeholder=${each.placeholder}
              autocapitalize="none" spellcheck="false" autocomplete="off" />
            ${each.help && html`<span class="soft">${each.help}</span>`}
          </label>
        `,
      )}
      <details><summary>What ${platform.name} is asked to allow</summary>
        <ul>${way.value.scopes.map((each) => html`<li key=${each.name}>${each.purpose}</li>`)}</ul>
      </details>
      <button class="button primary" type="submit">Connect ${platform.name}</button>
    </form>
  `;
}
