/**
 * The drawer of ready examples: a GraphiQL plugin. A click puts an example into the editors; running it stays the
 * visitor's own decision. Text that someone wrote is never overwritten: then the example opens in a new tab.
 */

import { fillGaps } from "./fills.js";

const { createElement: h, useEffect, useRef, useState } = window.React;
const { useEditorContext, useExecutionContext } = window.GraphiQL.React;

export const TITLE = "Examples";
const KINDS = { query: "Query", mutation: "Mutation", subscription: "Subscription" };

function Icon() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.5, strokeLinecap: "round", strokeLinejoin: "round" },
    h("path", { d: "M12 3.5 4 7.75l8 4.25 8-4.25-8-4.25Z" }),
    h("path", { d: "m4 12 8 4.25L20 12" }),
    h("path", { d: "m4 16.25 8 4.25 8-4.25" }),
  );
}

function kindOf(operation) {
  return operation.match(/^\s*(query|mutation|subscription)\b/m)?.[1] ?? "query";
}

/** Puts text into the active tab, or into a new one when the active tab holds something of the visitor's. */
function useInsertion(isOurs) {
  const editors = useEditorContext({ nonNull: true });
  const execution = useExecutionContext({ nonNull: true });
  const waiting = useRef(null);
  const { queryEditor, variableEditor, responseEditor, tabs, activeTabIndex, addTab } = editors;

  function write({ operation, variables }) {
    queryEditor.setValue(operation);
    variableEditor?.setValue(variables);
    responseEditor?.setValue("");
  }

  useEffect(() => {
    if (!waiting.current || !queryEditor) return;
    write(waiting.current);
    waiting.current = null;
  }, [tabs.length, activeTabIndex, queryEditor]);

  return (texts) => {
    execution.stop();
    if (isOurs(queryEditor.getValue())) {
      write(texts);
    } else {
      waiting.current = texts;
      addTab();
    }
  };
}

function Example({ example, busy, picked, pick }) {
  const kind = kindOf(example.operation);
  return h(
    "li",
    null,
    h(
      "button",
      {
        type: "button",
        className: "postd-example",
        "data-example": example.key,
        "aria-pressed": picked,
        disabled: busy,
        onClick: () => pick(example),
      },
      h("span", { className: "postd-example-title" }, example.title, h("span", { className: `postd-kind postd-kind-${kind}` }, KINDS[kind])),
      h("span", { className: "postd-example-sentence" }, example.sentence),
    ),
  );
}

/** Builds the plugin. `book` is examples.json; `keyNow()` gives the API key; `url` is where gaps are looked up. */
export function examplesPlugin(book, { url, keyNow }) {
  const ours = new Set(["", ...book.examples.map((example) => example.operation.trim())]);
  const isOurs = (text) => ours.has(text.trim());
  const groups = [...new Set(book.examples.map((example) => example.group))];

  function Content() {
    const insert = useInsertion(isOurs);
    const [busy, setBusy] = useState(false);
    const [picked, setPicked] = useState("");
    const [problems, setProblems] = useState([]);

    async function pick(example) {
      setBusy(true);
      const gaps = await fillGaps(example.variables, book.searches, url, keyNow());
      const variables = Object.keys(gaps.variables).length ? JSON.stringify(gaps.variables, null, 2) : "";
      insert({ operation: example.operation, variables });
      setProblems(gaps.problems);
      setPicked(example.key);
      setBusy(false);
    }

    return h(
      "section",
      { className: "postd-examples", "aria-label": TITLE },
      h("h2", null, TITLE),
      h("p", { className: "postd-examples-intro" }, "Pick one, read it, then run it. Ids are filled in from your workspace."),
      h("div", { role: "status", className: "postd-examples-problems" }, problems.map((problem) => h("p", { key: problem }, problem))),
      groups.map((group) =>
        h(
          "div",
          { key: group, className: "postd-examples-group" },
          h("h3", null, group),
          h(
            "ul",
            null,
            book.examples
              .filter((example) => example.group === group)
              .map((example) => h(Example, { key: example.key, example, busy, picked: picked === example.key, pick })),
          ),
        ),
      ),
    );
  }

  return { title: TITLE, icon: Icon, content: Content };
}
