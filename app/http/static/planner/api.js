/**
 * Queries and mutations of the public API by POST.
 *
 * Whatever goes wrong is thrown as `Problem`: what happened, and what to do. A mutation's typed refusal is one too, so
 * that every caller treats refusals and failures alike.
 */

import { PROOF, authorization, signOut } from "./session.js";

export const ENDPOINT = document.getElementById("planner")?.dataset.endpoint ?? "/graphql";

/** What a person can act on. */
export class Problem extends Error {
  /**
   * @param {string} message what happened, one sentence
   * @param {string} [hint] what to do now, one sentence
   * @param {string} [code] the API's code, or `OFFLINE`
   * @param {any} [member] the refusal with all that was asked of it
   */
  constructor(message, hint = "", code = "", member = null) {
    super(message);
    this.hint = hint;
    this.code = code;
    this.member = member;
  }
}

/**
 * Ask the server once; gives the data.
 * @param {string} query
 * @param {Record<string, unknown>} [variables]
 * @param {AbortSignal} [signal] ends the request; it then throws an AbortError
 * @returns {Promise<any>}
 */
export async function ask(query, variables = {}, signal) {
  const answer = await send(JSON.stringify({ query, variables }), signal);
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new Problem(`The server answered ${answer.status}, but not with data.`, "Try again in a moment.", "UNREADABLE");
  }
  const [error] = body.errors ?? [];
  if (!error) return body.data;
  const { code = "", hint = "", retryAfter } = error.extensions ?? {};
  if (code === "UNAUTHENTICATED") signOut(error.message);
  throw new Problem(error.message, hint || (retryAfter ? `Try again in ${Math.ceil(retryAfter)} seconds.` : ""), code);
}

/**
 * Do one mutation: gives its result, throws its refusal. The document has one root field, whose members all ask for
 * `... on UserError { code message hint path }`.
 * @param {string} mutation
 * @param {Record<string, unknown>} input
 * @returns {Promise<any>}
 */
export async function act(mutation, input) {
  const [result] = Object.values(await ask(mutation, { input }).catch(doubt));
  if (typeof result.code === "string" && typeof result.message === "string") {
    throw new Problem(result.message, result.hint, result.code, result);
  }
  return result;
}

/**
 * A request that was not answered may still have arrived: nobody is told that nothing was changed.
 * @param {Problem} problem
 * @returns {never}
 */
function doubt(problem) {
  if (problem.code !== "OFFLINE") throw problem;
  throw new Problem(problem.message, "Check your network. If it did arrive, you see it here when you are back.", problem.code);
}

/**
 * @param {string} body
 * @param {AbortSignal} [signal]
 */
async function send(body, signal) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" };
  if (authorization()) headers.Authorization = authorization();
  try {
    return await fetch(ENDPOINT, { method: "POST", headers: { ...headers, ...PROOF }, body, signal });
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw new Problem("The server did not answer.", "Check your network, then try again.", "OFFLINE");
  }
}
