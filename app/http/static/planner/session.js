/**
 * Who is signed in on this tab.
 *
 * The API key lives in sessionStorage only, in the playground's place, so that both pages share it: it is gone with
 * the tab, and no other tab reads it. A link such as `/#key=postd_live_...` hands a key over once; a fragment is sent
 * to no server, and it is taken out of the address at once so that it does not stay in the history.
 */

import { computed, signal } from "@preact/signals";

const PLACE = "postd.key";

/** The key as it is now; empty when there is none. */
export const key = signal(remembered());

/** Why this tab was signed out without asking for it; empty otherwise. */
export const ended = signal("");

export const signedIn = computed(() => key.value !== "");

/** @returns {string} */
function remembered() {
  try {
    return sessionStorage.getItem(PLACE) ?? "";
  } catch {
    return ""; // storage is switched off: the key lives as long as the page
  }
}

/** @param {string} text */
function keep(text) {
  key.value = text;
  try {
    if (text) sessionStorage.setItem(PLACE, text);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // kept in the signal
  }
}

/**
 * Why a text cannot be a key, as a sentence; empty when it can.
 * @param {string} text
 */
export function objectionTo(text) {
  if (!text.trim()) return "Paste a key first.";
  return /^[\x21-\x7e]+$/.test(text.trim()) ? "" : "A key has no spaces and no accented letters. Copy it again.";
}

/**
 * Use this key from now on.
 * @param {string} text
 */
export function signIn(text) {
  ended.value = "";
  keep(text.trim());
}

/**
 * Forget the key.
 * @param {string} [why] a sentence for the sign-in screen
 */
export function signOut(why = "") {
  ended.value = why;
  keep("");
}

/** Take the key out of the address, where one is. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (!objectionTo(given)) signIn(given);
}

/** What stands in the Authorization header and in the socket's first message. */
export function authorization() {
  return key.value ? `Bearer ${key.value}` : "";
}
