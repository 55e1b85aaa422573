/**
 * Connecting an account in a window of its own: our page asks for consent, the platform for the sign-in, and our last
 * page tells this one how it ended.
 *
 * Only a message of our own origin is heard. A platform may cut the tie between the two windows; then the update of
 * the connection itself, which comes anyway, ends the waiting a moment later.
 */

import { effect, signal } from "@preact/signals";

import { Problem, act, ask } from "../api.js";
import { tell } from "../notices.js";
import { connections, putConnections } from "../store.js";
import { CONNECTIONS_AGAIN, RECONNECT, START, WAYS } from "./documents.js";

/** @typedef {import("../shapes.d.ts").Connection} Connection */

const WINDOW = "popup,width=560,height=760";
/** How long the other window may take to tell how it ended, once it is known that it has. */
const TELLS_WITHIN = 3000;

/**
 * @typedef {object} Attempt
 * @property {string} platform its name
 * @property {string | null} repairs the connection that is to be reconnected
 * @property {"asking" | "waiting"} state
 * @property {string} url the page in the other window, once it is known
 */

/** What is under way. @type {import("@preact/signals").Signal<Attempt | null>} */
export const attempt = signal(null);

/** Why the last one failed. @type {import("@preact/signals").Signal<{message: string, hint: string} | null>} */
export const failure = signal(null);

/** @type {Window | null} */
let other = null;
/** Ends the listening. */
let rest = () => {};

/**
 * Connect an account of a platform. Call it in the click itself: a window that opens later is blocked by browsers.
 * @param {{key: string, name: string}} platform
 * @param {string} method
 * @param {{name: string, value: string}[]} fields
 */
export function connect(platform, method, fields) {
  const input = { platform: platform.key, method, fields };
  return begin(platform.name, null, START, () => input, method !== "APP_PASSWORD");
}

/**
 * Repair a connection, by the way in which it was connected.
 * @param {Connection} connection
 */
export function reconnect(connection) {
  const input = async () => ({ connectionId: connection.id, fields: await known(connection) });
  return begin(connection.platform.name, connection.id, RECONNECT, input, true);
}

/**
 * What is known already of that for which the platform asks first, so that the page need not ask.
 * @param {Connection} connection
 */
async function known({ platform, method, account }) {
  /** @type {Record<string, string>} */
  const facts = { identifier: account.handle, instance: account.server };
  /** @type {{platforms: import("./connect.js").Platform[]}} */
  const { platforms } = await ask(WAYS);
  const way = platforms.find((each) => each.key === platform.key)?.connectBy.find((each) => each.by === method);
  return (way?.fields ?? []).flatMap(({ name }) => (facts[name] ? [{ name, value: facts[name] }] : []));
}

/** Wait no longer, and close the other window. */
export function giveUp() {
  other?.close();
  end();
}

/** Wait no longer; what the other window shows may still be read. */
function end() {
  rest();
  rest = () => {};
  other = null;
  attempt.value = null;
}

/**
 * @param {string} platform
 * @param {string | null} repairs
 * @param {string} mutation
 * @param {() => Record<string, unknown> | Promise<Record<string, unknown>>} input
 * @param {boolean} elsewhere whether the platform asks on a page of its own
 * @returns {Promise<boolean>} whether it goes on, or is done
 */
async function begin(platform, repairs, mutation, input, elsewhere) {
  giveUp();
  failure.value = null;
  other = elsewhere ? window.open("", "postd-connect", WINDOW) : null;
  attempt.value = { platform, repairs, state: "asking", url: "" };
  const before = connections.peek();
  try {
    const result = await act(mutation, await input());
    if (result.connections) {
      other?.close();
      finish(result.connections);
      return true;
    }
    attempt.value = { platform, repairs, state: "waiting", url: result.url };
    listen(before, repairs);
    if (other) other.location.href = result.url;
    return true;
  } catch (problem) {
    giveUp();
    if (!(problem instanceof Problem)) throw problem;
    failure.value = problem;
    return false;
  }
}

/**
 * @param {Map<string, Connection>} before
 * @param {string | null} repairs
 */
function listen(before, repairs) {
  /** @param {MessageEvent} event */
  function hear({ origin, data }) {
    if (origin !== location.origin || data?.source !== "postd") return;
    if (data.type === "connected") void finishBy(data.connectionIds);
    // The other window stays open with the reason, and mostly with a way to try again.
  }
  let timer = 0;
  const unwatch = effect(() => {
    const now = [...connections.value.values()];
    const come = now.filter((each) => (repairs ? each.id === repairs && isMended(before, each) : !before.has(each.id)));
    clearTimeout(timer);
    if (come.length) timer = setTimeout(() => finish(come), !other || other.closed ? 0 : TELLS_WITHIN);
  });
  addEventListener("message", hear);
  rest = () => {
    unwatch();
    clearTimeout(timer);
    removeEventListener("message", hear);
  };
}

/** @param {Map<string, Connection>} before @param {Connection} now */
function isMended(before, now) {
  return now.state === "HEALTHY" && now.updatedAt !== before.get(now.id)?.updatedAt;
}

/** @param {string[]} ids */
async function finishBy(ids) {
  try {
    const { nodes } = await ask(CONNECTIONS_AGAIN, { ids });
    if (attempt.peek()) finish(nodes.filter(Boolean));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // the update of the connection ends it
  }
}

/** @param {Connection[]} come */
function finish(come) {
  const repaired = attempt.peek()?.repairs;
  end();
  putConnections(come);
  const names = come.map((each) => each.account.handle || each.account.name).join(", ");
  tell(repaired ? `${names} works again.` : `Connected: ${names}.`);
}
