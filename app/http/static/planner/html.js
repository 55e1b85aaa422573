/** Markup in tagged templates: `html` makes what Preact shows, with no build step between this file and the browser. */

import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
