/**
 * What is opened over the page by its name, and read from the server only then: one entry below and a module whose
 * `Overlay` takes `close` and the given properties are all that a new one needs.
 */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { html } from "./html.js";
import { complain } from "./notices.js";

/** @type {Record<string, () => Promise<{Overlay: (props: any) => any}>>} */
const OVERLAYS = {
  feed: () => import("./feed.js"),
  composer: () => import("./composer/composer.js"),
  connections: () => import("./connections/panel.js"),
  help: () => import("./help.js"),
};

/** What is open. */
const current = signal(/** @type {{name: string, props: Record<string, unknown>} | null} */ (null));

/**
 * Open one; another that is open is left.
 * @param {string} name
 * @param {Record<string, unknown>} [props]
 */
export function open(name, props = {}) {
  current.value = { name, props };
}

/** Close what is open. */
export function close() {
  current.value = null;
}

export function Overlays() {
  const wanted = current.value;
  const [loaded, keep] = useState(/** @type {{name: string, Overlay: any} | null} */ (null));
  useEffect(() => {
    if (!wanted || wanted.name === loaded?.name) return;
    OVERLAYS[wanted.name]().then(
      ({ Overlay }) => keep({ name: wanted.name, Overlay }),
      () => {
        close();
        complain({ message: "A part of the page could not be read.", hint: "Check your network and try again." });
      },
    );
  }, [wanted?.name]);
  if (!wanted || wanted.name !== loaded?.name) return null;
  return html`<${loaded.Overlay} key=${wanted.name} ...${wanted.props} close=${close} />`;
}
