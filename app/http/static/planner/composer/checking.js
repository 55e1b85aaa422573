/**
 * What the server says of the draft, account by account, a moment after the last change. An answer to an older draft
 * is left aside.
 */

import { computed, signal } from "@preact/signals";

import { Problem, ask } from "../api.js";
import { wallOf } from "../zones.js";
import { zone } from "../sync.js";
import { validations } from "./documents.js";
import { draft, isEmpty } from "./draft.js";
import { checkOf } from "./input.js";

/** @typedef {import("./shapes.d.ts").Problem} Found */
/** @typedef {import("./shapes.d.ts").Verdict} Verdict */

const PAUSE = 300;
/** How many accounts one request checks. */
const AT_ONCE = 8;

/** The verdicts by account. @type {import("@preact/signals").Signal<Map<string, Verdict>>} */
export const verdicts = signal(new Map());

/** Whether the verdicts are those of the draft as it is now. */
export const checked = signal(false);

/** How many reasons stand against scheduling it. */
export const objections = computed(() =>
  [...verdicts.value.values()].reduce((sum, each) => sum + each.problems.filter(stops).length, 0),
);

let timer = 0;
/** @type {AbortController | null} */
let running = null;

/** Check the draft soon. Read inside an effect, so that every change of the draft or the zone asks anew. */
export function checkSoon() {
  const [held, here] = [draft.value, zone.value];
  clearTimeout(timer);
  running?.abort();
  checked.value = false;
  if (!held.targets.length || isEmpty(held)) {
    verdicts.value = new Map();
    return;
  }
  timer = setTimeout(() => void check(held, here), PAUSE);
}

/** Ask nothing more. */
export function stopChecking() {
  clearTimeout(timer);
  running?.abort();
}

/**
 * @param {import("./shapes.d.ts").Draft} held
 * @param {string} here
 */
async function check(held, here) {
  const mine = new AbortController();
  running = mine;
  /** @type {Map<string, Verdict>} */
  const found = new Map();
  try {
    for (let start = 0; start < held.targets.length; start += AT_ONCE) {
      const some = held.targets.slice(start, start + AT_ONCE);
      const inputs = Object.fromEntries(some.map((id, each) => [`t${each}`, checkOf(held, id, here)]));
      const answer = await ask(validations(some.length), inputs, mine.signal);
      some.forEach((id, each) => found.set(id, verdictOf(answer[`t${each}`])));
    }
    verdicts.value = found;
    checked.value = true;
  } catch (problem) {
    if (mine.signal.aborted) return;
    if (!(problem instanceof Problem)) throw problem;
    verdicts.value = new Map(); // not to be checked now: scheduling says what is wrong
  }
}

/**
 * @param {any} answer a `ValidatePostResult`
 * @returns {Verdict}
 */
export function verdictOf(answer) {
  if (answer.__typename === "PostValid") {
    /** @type {{message: string, clock: string | null, problem: Found | null}[]} */
    const notices = answer.notices;
    // What the clock does is said beside the time, before the server is asked.
    const told = notices.filter((each) => !each.problem && !each.clock);
    return { problems: notices.flatMap((each) => each.problem ?? []), notices: told.map((each) => each.message) };
  }
  if (answer.problems) return { problems: answer.problems, notices: [] };
  const { path, code, message, hint } = answer;
  /** @type {Found} */
  const refusal = { path, rule: code, measured: null, limit: null, severity: "ERROR", message, fix: hint };
  return { problems: [refusal], notices: [] };
}

/** @param {Found} problem whether it stops the post */
export function stops(problem) {
  return problem.severity === "ERROR";
}

/**
 * Which field a problem is about.
 * @param {Found} problem
 * @returns {"text" | "link" | "files" | "after" | "options" | "time" | "account"}
 */
export function fieldOf({ path, rule }) {
  const [first, ...rest] = path[0] === "input" ? path.slice(1) : path;
  if (first === "publishAt" || first === "publishBy") return "time";
  if (first === "options" || rest.includes("options")) return "options";
  if (first === "targets" && rest.includes("connectionId")) return "account";
  if (first === "parts" && rest.length && rest[0] !== "0") return "after";
  if (first === "parts" && !rest.length && rule.startsWith("thread")) return "after";
  if (rest.includes("media") || /^(media|image|video|audio|document|alt)\./.test(rule)) return "files";
  if (rest.includes("link") || rule.startsWith("link")) return "link";
  return "text";
}

/** The wall time of an instant in the page's zone, to the minute. @param {number} instant */
export function wallHere(instant) {
  return wallOf(instant, zone.value).slice(0, 16);
}
