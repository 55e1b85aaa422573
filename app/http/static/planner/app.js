/** The page: the sign-in screen, or the bar with one of the views under it, and what lies over them. */

import { Bar } from "./bar.js";
import { Drawer } from "./drawer.js";
import { animateMoves } from "./flip.js";
import { writeWhereClicked } from "./here.js";
import { html } from "./html.js";
import { bind } from "./keyboard.js";
import { link } from "./live.js";
import { Notices } from "./notices.js";
import { Overlays, open } from "./overlays.js";
import { go, place } from "./router.js";
import { signedIn } from "./session.js";
import { SignIn } from "./signin.js";
import { Standstill } from "./standstill.js";
import { beginning, start } from "./sync.js";
import { List } from "./views/list.js";
import { Month } from "./views/month.js";
import { Week } from "./views/week.js";

/** @type {Record<string, () => any>} */
const VIEWS = { week: Week, month: Month, list: List };

bind("w", "Show the week", () => go({ view: "week", at: "" }));
bind("m", "Show the month", () => go({ view: "month", at: "" }));
bind("l", "Show the list", () => go({ view: "list", at: "" }));
bind("e", "Show what happened", () => open("feed"));
bind("n", "Write a new post", () => open("composer"));
bind("?", "Show this list", () => open("help"));
animateMoves();
writeWhereClicked();

/** @param {{name: string, playground: boolean}} props the installation's name, and whether it has a playground */
export function App({ name, playground }) {
  return html`
    ${signedIn.value ? html`<${Planner} name=${name} playground=${playground} />` : html`<${SignIn} name=${name} />`}
    <${Notices} />
  `;
}

/** @param {{name: string, playground: boolean}} props */
function Planner({ name, playground }) {
  const View = VIEWS[place.value.view];
  return html`
    <a class="skip" href="#main">Skip to the posts</a>
    <${Bar} name=${name} playground=${playground} />
    <${Offline} />
    <main id="main" tabindex="-1">
      ${beginning.value === "ready" ? html`<${View} key=${place.value.view} />` : html`<${Standstill} state=${beginning.value} again=${start} />`}
    </main>
    <${Overlays} />
    ${beginning.value === "ready" && place.value.job && html`<${Drawer} key=${place.value.job} id=${place.value.job} />`}
  `;
}

/** Says that what is shown may be old, for as long as nothing is heard from the server. */
function Offline() {
  if (link.value !== "offline") return null;
  return html`
    <p class="offline" role="status">No connection. You see the posts as they were. The page catches up by itself.</p>
  `;
}
