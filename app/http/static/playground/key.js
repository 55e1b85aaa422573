/**
 * The API key of this browser tab.
 *
 * It lives in sessionStorage only: it is gone with the tab, and no other tab reads it. A link such as
 * `/graphql#key=postd_live_...` hands a key over once; a fragment is not sent to any server, and it is taken out of
 * the address bar at once so that it does not stay in the history.
 */

const PLACE = "postd.key";
const listeners = new Set();
let unstored = "";

function remembered() {
  try {
    return sessionStorage.getItem(PLACE) ?? "";
  } catch {
    return unstored; // storage is switched off: the key lives as long as the page
  }
}

/** The key as it is now; empty when there is none. */
export function currentKey() {
  return remembered();
}

/** Why a text cannot be a key, as a sentence; empty when it can. */
export function objectionTo(text) {
  return /^[\x21-\x7e]*$/.test(text) ? "" : "A key has no spaces and no accented letters. Copy it again.";
}

/** Remember a key (an empty text forgets it) and tell whoever listens, if it is another one. */
export function setKey(text) {
  const key = text.trim();
  if (objectionTo(key) || key === remembered()) return;
  unstored = key;
  try {
    if (key) sessionStorage.setItem(PLACE, key);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // kept in `unstored`
  }
  listeners.forEach((listener) => listener(key));
}

/** Call `listener(key)` whenever the key changes. */
export function onKeyChange(listener) {
  listeners.add(listener);
}

/** Take the key out of the address, if one is there. Answers whether there was one. */
export function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  setKey(key);
  return true;
}
