/**
 * Keys of the whole page. They rest while a person writes, and while a dialog is open; the dialog of help lists them.
 */

/** @typedef {{keys: string, does: string, act: (event: KeyboardEvent) => void}} Shortcut */

/** @type {Map<string, Shortcut>} */
const shortcuts = new Map();

/**
 * Give a key its meaning; gives how to take it back.
 * @param {string} keys as `KeyboardEvent.key` names it
 * @param {string} does what it does, as the list of keys says it
 * @param {(event: KeyboardEvent) => void} act
 * @returns {() => void}
 */
export function bind(keys, does, act) {
  const shortcut = { keys, does, act };
  shortcuts.set(keys, shortcut);
  return () => {
    if (shortcuts.get(keys) === shortcut) shortcuts.delete(keys);
  };
}

/** Every key that means something now. */
export function known() {
  return [...shortcuts.values()];
}

/** @param {EventTarget | null} target */
function writes(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (writes(event.target) || document.querySelector("dialog[open]")) return;
  const shortcut = shortcuts.get(event.key);
  if (!shortcut) return;
  event.preventDefault();
  shortcut.act(event);
});
