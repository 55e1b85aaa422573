/** One post on one account: what it says, how it stands, what can be done, and all that has happened to it. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Actions } from "./actions.js";
import { ask } from "./api.js";
import { Mark, State } from "./card.js";
import { Dialog } from "./dialog.js";
import { STORY } from "./documents.js";
import { Figures } from "./figures.js";
import { lastMeasured } from "./happenings.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { timeWords } from "./move.js";
import { readinessOf } from "./readiness.js";
import { go } from "./router.js";
import { Standstill } from "./standstill.js";
import { accountLabel, jobOf, putJobs } from "./store.js";
import { zone } from "./sync.js";
import { Timeline } from "./timeline.js";
import { jobLook, verdictLook } from "./words.js";
import { wallOf } from "./zones.js";

/** @typedef {import("./shapes.d.ts").Story} Story */

/** @param {{id: string}} props */
export function Drawer({ id }) {
  const { story, problem, read } = useStory(id);
  const job = jobOf(id)?.value ?? story?.job;
  return html`
    <${Dialog} title=${job ? `${job.platform.name} post` : "Post"} kind="side" close=${() => go({})}>
      ${job && html`<${Head} job=${job} />`}
      ${story && job
        ? html`<${Whole} story=${story} job=${job} />`
        : html`<${Standstill} state=${problem ?? "empty"} again=${read} />`}
    <//>
  `;
}

/**
 * The story of a job, read anew whenever the job, its chances or its figures have changed; the one before stays until then.
 * @param {string} id
 */
function useStory(id) {
  const story = useSignal(/** @type {Story | null} */ (null));
  const problem = useSignal(/** @type {Error | null} */ (null));
  const zoneName = zone.value;
  const revision = jobOf(id)?.value.revision;
  const ready = readinessOf(id);
  const measured = lastMeasured.value;

  /** @param {AbortSignal} [ended] */
  async function read(ended) {
    try {
      problem.value = null;
      const { explainJob } = await ask(STORY, { id, zone: zoneName }, ended);
      if (!explainJob) throw Object.assign(new Error("There is no such post here."), { hint: "It may belong to another workspace." });
      putJobs([explainJob.job]);
      story.value = explainJob;
    } catch (error) {
      if (!ended?.aborted) problem.value = /** @type {Error} */ (error);
    }
  }

  useEffect(() => {
    const ending = new AbortController();
    void read(ending.signal);
    return () => ending.abort();
  }, [id, zoneName, revision, ready, measured]);
  return { story: story.value, problem: problem.value, read: () => void read() };
}

/** @param {{job: import("./shapes.d.ts").Job}} props */
function Head({ job }) {
  return html`
    <p class="whose">
      <${Mark} platform=${job.platform} />
      <strong>${accountLabel(job.connection.id) || job.platform.name}</strong>
      <${State} look=${jobLook(job.state)} />
    </p>
    <p class="due"><${Icon} name="clock" /><time datetime=${job.dueAt}>${timeWords(wallOf(job.dueAt, zone.value))}</time>
      <span class="soft">${zone.value.replaceAll("_", " ")}</span></p>
  `;
}

/** @param {{story: Story, job: import("./shapes.d.ts").Job}} props */
function Whole({ story, job }) {
  const { content } = story.job;
  return html`
    <section class="said" aria-label="Content">
      ${content.parts.map((part, index) => html`<${Part} key=${index} part=${part} />`)}
      ${job.post.labels.length > 0 && html`<p class="labels">${job.post.labels.map((each) => html`<span key=${each}>${each}</span>`)}</p>`}
    </section>
    ${job.published?.url &&
    html`<p><a class="button" href=${job.published.url} target="_blank" rel="noopener noreferrer"><${Icon} name="link" />See it on ${job.platform.name}</a></p>`}
    <section class="stands" data-tone=${jobLook(job.state).tone} aria-label="How it stands">
      <p><strong>${story.now}</strong></p>
      ${story.next && html`<p>${story.next}</p>`}
      ${job.fault?.hint && html`<p>${job.fault.hint}</p>`}
    </section>
    ${verdictLook(story.job.readiness?.verdict) && html`<${Chances} readiness=${story.job.readiness} />`}
    ${story.job.metrics && html`<${Figures} metrics=${story.job.metrics} />`}
    <${Actions} job=${job} whole=${story.job} />
    <${Timeline} moments=${story.moments} />
  `;
}

/** What stands in the way of a post that waits. @param {{readiness: NonNullable<import("./shapes.d.ts").WholeJob["readiness"]>}} props */
function Chances({ readiness }) {
  const look = verdictLook(readiness.verdict);
  return html`
    <section class="stands" data-tone=${look?.tone} aria-label="Whether it will go out">
      <p><strong>${look?.word}</strong></p>
      ${readiness.blockers.map(({ message, fix }) => html`<p key=${message}>${message} <span class="soft">${fix}</span></p>`)}
    </section>
  `;
}

/** @param {{part: import("./shapes.d.ts").WholeJob["content"]["parts"][number]}} props */
function Part({ part }) {
  return html`
    <p class="words">${part.text}</p>
    ${part.link && html`<p class="soft">${part.link.title || part.link.url}</p>`}
    ${part.media.length > 0 &&
    html`<ul class="files">
      ${part.media.map(
        (each) => html`
          <li key=${each.mediaId}>${each.media?.filename ?? "A file that was removed"}
            <span class="soft">${each.alt || "no description"}</span></li>
        `,
      )}
    </ul>`}
  `;
}
