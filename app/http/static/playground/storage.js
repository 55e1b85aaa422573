/**
 * Where GraphiQL keeps tabs, history and layout: localStorage, but never a header. GraphiQL's history would keep
 * the header editor's text, and people put keys there.
 */

const PREFIX = "postd.playground:";

function withoutHeaders(name, value) {
  if (name.endsWith(":headers")) return "";
  if (!/"headers"/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), (field, each) => (field === "headers" ? undefined : each));
  } catch {
    return value;
  }
}

function names() {
  return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
}

/** A Storage for GraphiQL; undefined when the browser keeps nothing, so that GraphiQL falls back to none. */
export function quietStorage() {
  try {
    localStorage.getItem(PREFIX);
  } catch {
    return undefined;
  }
  return {
    get length() {
      return names().length;
    },
    clear: () => names().forEach((name) => localStorage.removeItem(name)),
    getItem: (name) => localStorage.getItem(PREFIX + name),
    removeItem: (name) => localStorage.removeItem(PREFIX + name),
    setItem: (name, value) => localStorage.setItem(PREFIX + name, withoutHeaders(name, value)),
  };
}
