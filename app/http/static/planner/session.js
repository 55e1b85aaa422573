/**
 * Who is signed in on this tab: a person by a cookie that no script can read, or a program's API key.
 *
 * A key lives in sessionStorage only, in the playground's place, so that both pages share it: it is gone with the tab,
 * and no other tab reads it. A link such as `/#key=postd_live_...` hands a key over once; a fragment is sent to no
 * server, and it is taken out of the address at once so that it does not stay in the history.
 */

import { computed, signal } from "@preact/signals";

const PLACE = "postd.key"; // as the playground
const PERSON = "postd.person";
const ADDRESS = "/session";
/** Proves that a page of this server asks: other sites' pages cannot add it. */
export const PROOF = { "X-Postd-Client": "planner" };

/** The key as it is now; empty when there is none. */
const key = signal(recall(sessionStorageOr(), PLACE));
/** Whether a person has signed in with this browser. The cookie itself is out of reach. */
const person = signal(recall(localStorageOr(), PERSON) === "yes");

/** Why this tab was signed out without asking for it; empty otherwise. */
export const ended = signal("");

export const signedIn = computed(() => person.value || key.value !== "");

function sessionStorageOr() {
  try {
    return sessionStorage;
  } catch {
    return null; // storage is switched off: what would be kept lives as long as the page
  }
}

function localStorageOr() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** @param {Storage | null} storage @param {string} name */
function recall(storage, name) {
  return storage?.getItem(name) ?? "";
}

/** @param {Storage | null} storage @param {string} name @param {string} value */
function keep(storage, name, value) {
  if (value) storage?.setItem(name, value);
  else storage?.removeItem(name);
}

/** @param {string} presented @param {boolean} isPerson */
function become(presented, isPerson) {
  keep(sessionStorageOr(), PLACE, presented);
  keep(localStorageOr(), PERSON, isPerson ? "yes" : "");
  [key.value, person.value] = [presented, isPerson];
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
  become(text.trim(), false);
}

/**
 * Sign in as a person; gives why it did not work, as a sentence, or an empty text.
 * @param {string} address the e-mail address
 * @param {string} password
 * @returns {Promise<string>}
 */
export async function signInPerson(address, password) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json", ...PROOF };
    answer = await fetch(ADDRESS, { method: "POST", headers, body: JSON.stringify({ address, password }) });
  } catch {
    return "The server did not answer. Check your network and try again.";
  }
  if (answer.ok) {
    ended.value = "";
    become("", true);
    return "";
  }
  const { message = "", hint = "" } = await answer.json().catch(() => ({}));
  return message ? `${message} ${hint}`.trim() : "Nobody can sign in with an address on this server. Use an API key.";
}

/**
 * Forget the key, or end the person's session.
 * @param {string} [why] a sentence for the sign-in screen
 */
export function signOut(why = "") {
  ended.value = why;
  if (person.peek()) void fetch(ADDRESS, { method: "DELETE", headers: PROOF, keepalive: true }).catch(() => {});
  become("", false);
}

/** Take the key out of the address, where one is. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (!objectionTo(given)) signIn(given);
}

/** What stands in the Authorization header and in the socket's first message; nothing where the cookie speaks. */
export function authorization() {
  return key.value ? `Bearer ${key.value}` : "";
}
