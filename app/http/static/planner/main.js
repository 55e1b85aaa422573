/** The planner's beginning: takes a key that came with the address, follows who is signed in, and shows the page. */

import { effect, untracked } from "@preact/signals";
import { render } from "preact";

import { App } from "./app.js";
import { html } from "./html.js";
import { link } from "./live.js";
import { signOut, signedIn, takeKeyFromAddress } from "./session.js";
import { start, stop } from "./sync.js";

takeKeyFromAddress();
addEventListener("hashchange", takeKeyFromAddress);

effect(() => {
  const begin = signedIn.value ? start : stop;
  untracked(() => void begin());
});

effect(() => {
  if (link.value === "refused") untracked(() => signOut("The server does not take this key any more."));
});

const root = /** @type {HTMLElement} */ (document.getElementById("planner"));
render(html`<${App} name=${root.dataset.name ?? ""} playground=${root.dataset.playground === "true"} />`, root);
