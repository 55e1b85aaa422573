/** Puts the playground together: the header's key box, GraphiQL, the transport, and the drawer of examples. */

import { examplesPlugin, TITLE } from "./examples.js";
import { currentKey, objectionTo, onKeyChange, setKey, takeKeyFromAddress } from "./key.js";
import { quietStorage } from "./storage.js";
import { createTransport } from "./transport.js";

const { createElement: h, useEffect, useRef } = window.React;
const GraphiQL = window.GraphiQL;
const { usePluginStore } = GraphiQL.React;
const SHOWN_PANEL = "postd.panel";

const facts = document.getElementById("playground").dataset;
const form = document.getElementById("key-form");
const box = document.getElementById("key");
const reveal = document.getElementById("key-reveal");
const schemaStatus = document.getElementById("schema-status");
const socketStatus = document.getElementById("socket-status");

const SOCKET_WORDS = {
  idle: "",
  connecting: "Connecting…",
  live: "Live",
  retrying: "Connection lost, trying again…",
  refused: "Key refused",
};

function say(place, state, words) {
  place.dataset.state = state;
  place.textContent = words;
}

// GraphiQL's dialogs add one style element; the server lets it in by this nonce, which only scripts can read.
window.__webpack_nonce__ = document.querySelector("script[nonce]")?.nonce;

const url = new URL(facts.endpoint, location.href);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const schemaWithoutKey = facts.publicSchema === "true";
const transport = createTransport({
  url: url.href,
  socketUrl: socketUrl.href,
  keyNow: currentKey,
  schemaWithoutKey,
  tell: (state) => say(socketStatus, state, SOCKET_WORDS[state]),
});

function schemaFetcher() {
  const plain = transport.fetcher();
  return async (params, options) => {
    if (params.operationName !== "IntrospectionQuery") return plain(params, options);
    if (currentKey() || schemaWithoutKey) say(schemaStatus, "reading", "Reading the schema…");
    try {
      const answer = await plain(params, options);
      if (answer.data?.__schema) say(schemaStatus, "ready", "Schema ready");
      else if (currentKey()) say(schemaStatus, "refused", answer.errors?.[0]?.message ?? "The schema was not given");
      else say(schemaStatus, "keyless", "Paste an API key to begin");
      return answer;
    } catch (problem) {
      say(schemaStatus, "refused", "The server did not answer");
      throw problem;
    }
  };
}

function shownPanel() {
  try {
    return sessionStorage.getItem(SHOWN_PANEL) ?? TITLE;
  } catch {
    return TITLE;
  }
}

function rememberPanel(plugin) {
  panel = plugin?.title ?? "";
  try {
    sessionStorage.setItem(SHOWN_PANEL, panel);
  } catch {
    // storage is switched off: the drawer opens again next time
  }
}

/**
 * Opens the panel of the last visit by its own button, once. GraphiQL can be told a panel from the start, but then
 * keeps its place folded away.
 */
function OpenPanel({ title }) {
  const { plugins } = usePluginStore();
  const done = useRef(false);
  useEffect(() => {
    if (done.current || plugins.length === 0) return;
    done.current = true;
    const index = plugins.findIndex((plugin) => plugin.title === title);
    document.querySelector(`.graphiql-sidebar button[data-index="${index}"]`)?.click();
  }, [plugins, title]);
  return null;
}

async function readBook() {
  try {
    return await (await fetch(facts.examples)).json();
  } catch {
    return { searches: {}, examples: [] };
  }
}

function firstTab(book) {
  const [first] = book.examples;
  return first ? [{ query: first.operation }] : undefined;
}

const firstPanel = shownPanel();
let panel = "";
const root = window.ReactDOM.createRoot(document.getElementById("playground"));
const storage = quietStorage();
const book = await readBook();
const plugins = [examplesPlugin(book, { url: url.href, keyNow: currentKey })];
const defaultTabs = firstTab(book);

function draw(fetcher) {
  root.render(
    h(
      GraphiQL,
      {
        fetcher,
        storage,
        plugins,
        defaultTabs,
        defaultQuery: "",
        visiblePlugin: panel || undefined,
        onTogglePluginVisibility: rememberPanel,
        defaultEditorToolsVisibility: "variables",
        shouldPersistHeaders: false,
        inputValueDeprecation: true,
      },
      h(GraphiQL.Logo, null, null),
      h(OpenPanel, { title: firstPanel }),
    ),
  );
}

function submitKey() {
  const objection = objectionTo(box.value.trim());
  box.setCustomValidity(objection);
  if (form.reportValidity()) setKey(box.value);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submitKey();
});
box.addEventListener("change", submitKey);
box.addEventListener("input", () => box.setCustomValidity(""));
reveal.addEventListener("click", () => {
  const shown = box.type === "text";
  box.type = shown ? "password" : "text";
  reveal.textContent = shown ? "Show" : "Hide";
  reveal.setAttribute("aria-pressed", String(!shown));
});
window.addEventListener("hashchange", takeKeyFromAddress);

takeKeyFromAddress();
box.value = currentKey();
onKeyChange((key) => {
  box.value = key;
  transport.keyChanged();
  draw(schemaFetcher());
});
draw(schemaFetcher());
