/** The files of the post: dropped, chosen or pasted; each with its picture, its description, and a way to take it away. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { html } from "../html.js";
import { Icon } from "../icons.js";
import { draft, writingOf } from "./draft.js";
import { add, edit, previews, remove, uploads } from "./files.js";
import { Problems } from "./problems.js";

/** @typedef {import("./shapes.d.ts").DraftFile} DraftFile */

/** @param {{tab: string}} props */
export function Media({ tab }) {
  const over = useSignal(false);
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const { files } = writingOf(draft.value, tab);
  const coming = uploads.value.filter((each) => each.tab === tab);

  /** @param {DragEvent} event */
  function drop(event) {
    event.preventDefault();
    over.value = false;
    if (event.dataTransfer?.files.length) void add(tab, event.dataTransfer.files);
  }

  /** @param {DragEvent} event */
  function hover(event) {
    event.preventDefault();
    over.value = true;
  }

  /** @param {any} event */
  function choose({ target }) {
    void add(tab, target.files);
    target.value = ""; // the same file may be chosen again
  }

  return html`
    <div class="field media" data-field="files" tabindex="-1" data-over=${over.value} onDrop=${drop} onDragOver=${hover}
      onDragLeave=${() => (over.value = false)}>
      <ul class="files">
        ${files.map((file, place) => html`<${One} key=${file.id} tab=${tab} file=${file} place=${place} />`)}
        ${coming.map((upload) => html`<${Coming} key=${upload} upload=${upload} />`)}
      </ul>
      <p class="drop">
        <button type="button" class="button" onClick=${() => picker.current?.click()}><${Icon} name="add" />Add files</button>
        <span class="soft">or drop them here, or paste a picture</span>
        <input ref=${picker} type="file" class="unseen" multiple tabindex="-1" aria-label="Files of the post"
          accept="image/*,video/mp4,video/quicktime,.pdf,.docx,.pptx,.doc,.ppt" onChange=${choose} />
      </p>
      <${Problems} tab=${tab} field="files" />
    </div>
  `;
}

/** @param {{tab: string, file: DraftFile, place: number}} props */
function One({ tab, file, place }) {
  const preview = previews.get(file.id);

  /** @param {any} event */
  function describe({ target }) {
    edit(tab, (files) => files.map((each) => (each.id === file.id ? { ...each, alt: target.value } : each)));
  }

  function first() {
    edit(tab, (files) => [files[place], ...files.toSpliced(place, 1)]);
  }

  return html`
    <li>
      ${preview ? html`<img src=${preview} alt="" />` : html`<span class="kind">${file.kind.toLowerCase()}</span>`}
      <label>
        <span class="soft">${file.name}</span>
        <input value=${file.alt} placeholder="What does it show?" aria-label=${`Description of ${file.name}`} onInput=${describe} />
      </label>
      ${place > 0 && html`<button type="button" class="icon" aria-label=${`Put ${file.name} first`} onClick=${first}><${Icon} name="back" /></button>`}
      <button type="button" class="icon" aria-label=${`Take ${file.name} away`} onClick=${() => remove(tab, file.id)}>
        <${Icon} name="close" /></button>
    </li>
  `;
}

/** @param {{upload: import("./files.js").Upload}} props */
function Coming({ upload }) {
  const problem = upload.problem.value;
  return html`
    <li data-wrong=${Boolean(problem)}>
      <span class="kind">file</span>
      <div class="progress">
        <span class="soft">${upload.name}</span>
        ${problem
          ? html`<p class="problem" role="alert">${problem.message} ${problem.hint}</p>`
          : html`<progress value=${upload.progress.value} aria-label=${`Sending ${upload.name}`}></progress>`}
      </div>
      <button type="button" class="icon" aria-label=${`Stop ${upload.name}`} onClick=${upload.stop}><${Icon} name="close" /></button>
    </li>
  `;
}
