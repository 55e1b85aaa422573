/** What the screen is like: as narrow as a phone's, and dark because the system wants it so. */

import { signal } from "@preact/signals";

export const slim = watched("(max-width: 640px)");
export const darkSystem = watched("(prefers-color-scheme: dark)");

/** @param {string} media */
function watched(media) {
  const query = matchMedia(media);
  const matches = signal(query.matches);
  query.addEventListener("change", () => {
    matches.value = query.matches;
  });
  return matches;
}
