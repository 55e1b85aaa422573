/**
 * How an operation reaches the server: queries and mutations by POST, subscriptions by graphql-transport-ws.
 *
 * The key of the box is the only credential, unless the header editor has an Authorization of its own. A lost socket
 * is opened again by itself for as long as the page wants the subscription; a refused key is not tried again.
 */

const REFUSED = 4403;
const LONGEST_WAIT = 10_000;
/** What a close code means for the page; any other is a lost connection. 4499 is our own, for a new key. */
const AFTER_CLOSE = new Map([
  [1000, "idle"],
  [4499, "connecting"],
  [REFUSED, "refused"],
]);
const { parse } = window.GraphiQL.GraphQL;

/** Thrown for what a person can act on; the message says how. */
class Unreachable extends Error {}

function authorizationIn(headers) {
  const name = Object.keys(headers ?? {}).find((each) => each.toLowerCase() === "authorization");
  return name ? headers[name] : undefined;
}

/**
 * The operation that a run means, and whether it is a subscription. GraphiQL learns the name of an operation a moment
 * after its text changed; where the text holds only one, that one is meant.
 */
function meant(params) {
  let operations;
  try {
    operations = parse(params.query).definitions.filter((each) => each.kind === "OperationDefinition");
  } catch {
    return { params, live: false }; // not parsable: the server says where
  }
  const [only] = operations;
  if (operations.length !== 1) {
    const named = operations.find((each) => each.name?.value === params.operationName);
    return { params, live: named?.operation === "subscription" };
  }
  return { params: { ...params, operationName: only.name?.value }, live: only.operation === "subscription" };
}

/** Ask the server once. `headers` are those of the header editor. */
export async function post(url, params, key, headers = {}) {
  const own = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" };
  if (key && !authorizationIn(headers)) own.Authorization = `Bearer ${key}`;
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { ...own, ...headers },
      body: JSON.stringify(params),
      credentials: "omit",
    });
  } catch (problem) {
    throw new Unreachable(`The server did not answer (${problem.message}). Check that POSTD runs, then try again.`);
  }
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable(`The server answered ${answer.status}, but not with JSON: ${text.slice(0, 300)}`);
  }
}

/** The one socket of the page. `tell(state)` hears: connecting, live, retrying, idle, refused. */
function openSocket(url, authorization, tell) {
  return window.graphqlWs.createClient({
    url,
    lazy: true,
    keepAlive: 15_000,
    connectionAckWaitTimeout: 10_000,
    connectionParams: () => (authorization() ? { authorization: authorization() } : {}),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (reason) => reason?.code !== REFUSED,
    retryWait: (tries) =>
      new Promise((resume) => {
        setTimeout(resume, Math.min(500 * 2 ** tries, LONGEST_WAIT) * (0.75 + Math.random() / 2));
      }),
    on: {
      connecting: (again) => tell(again ? "retrying" : "connecting"),
      connected: () => tell("live"),
      closed: (event) => tell(AFTER_CLOSE.get(event?.code) ?? "retrying"),
      error: () => tell("retrying"),
    },
  });
}

function readable(problem) {
  if (problem?.code === REFUSED) return new Error("The server refused the key for live updates. Check the key, then run again.");
  if (typeof problem?.code === "number") return new Error(`The socket was closed: ${problem.code} ${problem.reason ?? ""}`.trim());
  return problem; // an Error, or the server's list of GraphQL errors
}

/**
 * A maker of fetchers for GraphiQL. `keyNow()` gives the key at the time of a request; `tell(state)` hears how the
 * socket is. Each `fetcher()` is a new function, by which GraphiQL sees that it should read the schema again.
 */
export function createTransport({ url, socketUrl, keyNow, tell, schemaWithoutKey }) {
  let fromEditor;
  const authorization = () => fromEditor ?? (keyNow() ? `Bearer ${keyNow()}` : undefined);
  let running = 0;
  let state = "idle";
  const socket = openSocket(socketUrl, authorization, (heard) => {
    state = running || heard === "refused" ? heard : "idle";
    tell(state);
  });

  function finished() {
    running -= 1;
    if (running === 0 && state !== "refused") tell("idle");
  }

  /** What GraphiQL wants of a live source: `subscribe(sink)` that answers how to stop. */
  function subscribe(params, headers) {
    const before = authorization();
    fromEditor = authorizationIn(headers);
    if (authorization() !== before) socket.terminate(); // one socket speaks for one key
    return {
      subscribe(sink) {
        running += 1;
        const stop = socket.subscribe(params, {
          next: (value) => sink.next(value),
          error(problem) {
            finished();
            sink.error(readable(problem));
          },
          complete() {
            finished();
            sink.complete();
          },
        });
        return { unsubscribe: stop };
      },
    };
  }

  return {
    fetcher: () => async (asked, options) => {
      const headers = options?.headers;
      const { params, live } = meant(asked);
      if (live) return subscribe(params, headers);
      const asksForSchema = params.operationName === "IntrospectionQuery";
      if (asksForSchema && !keyNow() && !authorizationIn(headers) && !schemaWithoutKey) {
        return { errors: [{ message: "Paste an API key at the top of the page to read the schema." }] };
      }
      return post(url, params, keyNow(), headers);
    },
    /** Open the socket again, with the new key, if it is open. */
    keyChanged: () => socket.terminate(),
  };
}
