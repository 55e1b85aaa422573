/** What this browser remembers of how a person likes the page: colours, zone, the last event seen. No secrets. */

import { effect, signal } from "@preact/signals";

const PREFIX = "postd.planner.";

/**
 * A signal that outlives the visit.
 * @param {string} name
 * @param {string} usual
 */
function kept(name, usual) {
  let before = usual;
  try {
    before = localStorage.getItem(PREFIX + name) ?? usual;
  } catch {
    // storage is switched off: it is remembered as long as the page lives
  }
  const value = signal(before);
  effect(() => {
    try {
      if (value.value === usual) localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, value.value);
    } catch {
      // as above
    }
  });
  return value;
}

/** `light`, `dark`, or empty for what the system says. */
export const theme = kept("theme", "");

/** The zone that was chosen, or empty for the workspace's. */
export const chosenZone = kept("zone", "");

/** The cursor of the newest event that was seen in the feed. */
export const seen = kept("seen", "");

effect(() => {
  document.documentElement.dataset.theme = theme.value || "system";
});
