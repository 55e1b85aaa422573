/** Whether the screen is as narrow as a phone's. */

import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 640px)");

export const slim = signal(query.matches);

query.addEventListener("change", () => {
  slim.value = query.matches;
});
