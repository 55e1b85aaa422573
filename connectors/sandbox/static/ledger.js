// Brings new posts onto the page without a reload: asks for the page again and swaps the list when it has changed.
const PAUSE = 2000; // milliseconds

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["count", "posts"]) {
      const now = document.getElementById(id);
      const then = fresh.getElementById(id);
      if (now && then && now.innerHTML !== then.innerHTML) now.replaceWith(then);
    }
  } catch {
    // The sandbox is not there at the moment; the next round asks again.
  }
  setTimeout(refresh, PAUSE);
}

setTimeout(refresh, PAUSE);
