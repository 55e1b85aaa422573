/** The accounts that a post can go to, and what each takes: read once, when it is chosen first. */

import { signal } from "@preact/signals";

import { Problem, ask } from "../api.js";
import { connections } from "../store.js";
import { ACCOUNT_RULES } from "./documents.js";

/** @typedef {import("../shapes.d.ts").Connection} Connection */
/** @typedef {import("./shapes.d.ts").AccountRules} AccountRules */

/** @type {import("@preact/signals").Signal<Map<string, AccountRules>>} */
const rules = signal(new Map());
/** @type {Set<string>} */
const asked = new Set();

/**
 * What an account takes; undefined until it is known.
 * @param {string} id
 */
export function rulesOf(id) {
  const found = rules.value.get(id);
  if (!found && !asked.has(id)) {
    asked.add(id);
    ask(ACCOUNT_RULES, { id }).then(
      ({ node }) => node && (rules.value = new Map(rules.peek()).set(id, node)),
      (problem) => {
        asked.delete(id); // the counters are missing; the server's check is not
        if (!(problem instanceof Problem)) throw problem;
      },
    );
  }
  return found;
}

/** Those that can be chosen; one that needs its user stands last, and says so. */
export function choosable() {
  const all = [...connections.value.values()].filter((each) => each.state !== "REVOKED");
  return all.sort((one, other) => Number(!usable(one)) - Number(!usable(other)));
}

/** @param {Connection} connection whether a post can be scheduled on it */
export function usable(connection) {
  return connection.state !== "ATTENTION" && connection.state !== "REVOKED";
}

/** @param {string} id how an account is called where there is no room for more */
export function nameOf(id) {
  const found = connections.value.get(id);
  return found ? found.account.handle || found.account.name : "This account";
}
