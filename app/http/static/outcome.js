/**
 * Tells the window that opened this popup how connecting ended, and closes the popup when there is nothing to read.
 *
 * Only one named origin can receive the message: our own where one of our pages has opened this one, else the frontend
 * that the installation allows. A platform's page may have cut the tie to the opener; then the page simply stays, with
 * its link back.
 */

const { type, close, platform, code, tellOrigin, connectionIds } = document.getElementById("outcome").dataset;

if (window.opener && window.opener !== window) {
  const message = { source: "postd", type, platform };
  if (code) message.code = code;
  if (connectionIds !== undefined) message.connectionIds = connectionIds.split(" ").filter(Boolean);
  window.opener.postMessage(message, isOurs(window.opener) ? location.origin : tellOrigin || location.origin);
  if (close === "true") window.close();
}

/** Whether a window shows a page of ours: only then does the browser say where it is. */
function isOurs(other) {
  try {
    return other.location.origin === location.origin;
  } catch {
    return false;
  }
}
