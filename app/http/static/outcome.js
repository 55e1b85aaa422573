/**
 * Tells the window that opened this popup how connecting ended, and closes the popup when there is nothing to read.
 *
 * Only the named origin can receive the message: our own, or the frontend that the installation allows. A platform's
 * page may have cut the tie to the opener; then the page simply stays, with its link back.
 */

const { type, close, platform, code, tellOrigin, connectionIds } = document.getElementById("outcome").dataset;

if (window.opener && window.opener !== window) {
  const message = { source: "postd", type, platform };
  if (code) message.code = code;
  if (connectionIds !== undefined) message.connectionIds = connectionIds.split(" ").filter(Boolean);
  window.opener.postMessage(message, tellOrigin || location.origin);
  if (close === "true") window.close();
}
