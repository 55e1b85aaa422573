/** The buttons that let the post go: at its time, or now. Its key makes one post of two clicks. */

import { useSignal } from "@preact/signals";

import { Problem, act } from "../api.js";
import { html } from "../html.js";
import { tell } from "../notices.js";
import { putJobs, viewer } from "../store.js";
import { zone } from "../sync.js";
import { inWords } from "../calendar.js";
import { checked, objections } from "./checking.js";
import { SCHEDULE_POST } from "./documents.js";
import { change, discard, draft, isEmpty, newKey } from "./draft.js";
import { uploads } from "./files.js";
import { scheduleOf } from "./input.js";

/** @param {{close: () => void}} props */
export function Sending({ close }) {
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const busy = useSignal(false);
  const held = draft.value;
  const missing = obstacle(held);

  /** @param {boolean} now */
  async function send(now) {
    if (busy.peek()) return;
    busy.value = true;
    problem.value = null;
    try {
      const result = await act(SCHEDULE_POST, scheduleOf(held, zone.peek(), now));
      putJobs(result.post.jobs);
      tell(now ? "It goes out now." : `Scheduled for ${spoken(held.at)}.`);
      discard();
      close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error.code === "IDEMPOTENCY_KEY_REUSED" ? anotherPost() : error;
    } finally {
      busy.value = false;
    }
  }

  const stopped = Boolean(missing) || busy.value;
  return html`
    <footer class="sending">
      <p role="status" class="soft">${missing || (checked.value ? "Every account takes it as it is." : "Checking …")}</p>
      ${problem.value && html`<p class="problem" role="alert">${problem.value.message} ${problem.value.hint}</p>`}
      <button type="button" class="button" disabled=${stopped} onClick=${() => send(true)}>Publish now</button>
      <button type="button" class="button primary" disabled=${stopped || !held.at} onClick=${() => send(false)}>Schedule</button>
    </footer>
  `;
}

/** An answer was lost, and the draft was changed after it: only a person can tell whether it is to be a second post. */
function anotherPost() {
  change({ key: newKey() });
  const message = "This draft was scheduled already, as it was before you changed it.";
  return new Problem(message, "Look for that post first. If you send this now, it is another post.");
}

/**
 * Why it cannot go yet; empty where it can.
 * @param {import("./shapes.d.ts").Draft} held
 */
function obstacle(held) {
  if (!viewer.value?.scopes.includes("PUBLISH")) return "Your key may not schedule posts: it lacks the scope PUBLISH.";
  if (!held.targets.length) return "Choose an account.";
  if (isEmpty(held)) return "Write something, or add a file.";
  if (uploads.value.some((each) => !each.problem.value)) return "Files are being sent.";
  if (objections.value) return "Solve the problems first.";
  return "";
}

/** @param {string} at */
function spoken(at) {
  return `${inWords(at.slice(0, 10), { weekday: "long", day: "numeric", month: "long" })}, ${at.slice(11, 16)}`;
}
