/**
 * Fills the gaps of an example: a variable `"<connection>"` becomes the id of a connection of this workspace, so
 * that an example works as soon as it is picked. What cannot be found stays as it is, and a sentence says why.
 */

import { post } from "./transport.js";

const GAP = /^<([a-z-]+)>$/;

const MADE_HERE = {
  "new-key": () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  "in-an-hour": () => new Date(Date.now() + 3_600_000).toISOString(),
  "a-week-ago": () => new Date(Date.now() - 7 * 86_400_000).toISOString(),
  now: () => new Date().toISOString(),
};

function gapsIn(value) {
  if (typeof value === "string") return GAP.test(value) ? [value.match(GAP)[1]] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(gapsIn);
}

function filled(value, known) {
  if (typeof value === "string") {
    const gap = value.match(GAP)?.[1];
    return gap !== undefined && known.has(gap) ? known.get(gap) : value;
  }
  if (Array.isArray(value)) return value.map((each) => filled(each, known));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, known)]));
}

async function find(search, url, key) {
  if (!key) return { problem: "Paste an API key first. Then the marked values are filled in from your workspace." };
  try {
    const answer = await post(url, { query: search.operation, variables: search.variables }, key);
    if (answer.errors?.length) return { problem: answer.errors[0].message };
    const value = search.path.reduce((at, step) => at?.[step], answer.data);
    return value === undefined || value === null ? { problem: search.missing } : { value };
  } catch (problem) {
    return { problem: problem.message };
  }
}

/** Answers `{variables, problems}`: the variables with every gap filled that could be, and why others were not. */
export async function fillGaps(variables, searches, url, key) {
  const known = new Map();
  const problems = new Set();
  for (const gap of new Set(gapsIn(variables))) {
    if (MADE_HERE[gap]) {
      known.set(gap, MADE_HERE[gap]());
    } else if (searches[gap]) {
      const { value, problem } = await find(searches[gap], url, key);
      if (problem) problems.add(problem);
      else known.set(gap, value);
    }
  }
  return { variables: filled(variables, known), problems: [...problems] };
}
