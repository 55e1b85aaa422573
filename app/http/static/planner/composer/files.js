/**
 * Files on their way to the server: announced, sent with their progress, looked at. A file becomes a part of the draft
 * when the server has said that it can be used.
 */

import { signal } from "@preact/signals";

import { Problem, act } from "../api.js";
import { ANNOUNCE_FILE, COMPLETE_FILE, DELETE_FILE } from "./documents.js";
import { draft, write, writingOf } from "./draft.js";

/** @typedef {import("./shapes.d.ts").DraftFile} DraftFile */

/**
 * @typedef {object} Upload
 * @property {string} name
 * @property {string} tab whose files it joins
 * @property {import("@preact/signals").Signal<number>} progress 0 to 1
 * @property {import("@preact/signals").Signal<Problem | null>} problem
 * @property {() => void} stop ends it, and takes it away
 */

/** @type {import("@preact/signals").Signal<Upload[]>} */
export const uploads = signal([]);

/** Addresses of pictures that this page has sent, by the file's id. @type {Map<string, string>} */
export const previews = new Map();

/** The last file that is to be sent: each waits for the one before, so that they stand as they were added. */
let last = Promise.resolve();

/**
 * Send files one after the other.
 * @param {string} tab
 * @param {Iterable<File>} files
 */
export async function add(tab, files) {
  const begun = Array.from(files, (file) => ({ file, upload: begin(tab, file) }));
  uploads.value = [...uploads.peek(), ...begun.map((each) => each.upload)];
  const turns = begun.map(({ file, upload }) => {
    const turn = last.then(() => send(file, upload));
    last = turn.catch(() => {});
    return turn;
  });
  await Promise.all(turns);
}

/**
 * @param {string} tab
 * @param {File} file
 */
function begin(tab, file) {
  const request = new XMLHttpRequest(); // unlike fetch, it says how much was sent
  /** @type {Upload & {request: XMLHttpRequest, stopped: boolean}} */
  const upload = {
    name: file.name,
    tab,
    progress: signal(0),
    problem: signal(null),
    request,
    stopped: false,
    stop() {
      upload.stopped = true;
      request.abort();
      uploads.value = uploads.peek().filter((each) => each !== upload);
    },
  };
  return upload;
}

/**
 * @param {File} file
 * @param {ReturnType<typeof begin>} upload
 */
async function send(file, upload) {
  if (upload.stopped) return;
  try {
    const mime = file.type || "application/octet-stream";
    const made = await act(ANNOUNCE_FILE, { filename: file.name, mime, size: file.size });
    if (upload.stopped) return;
    await put(file, made.upload, upload);
    const { media } = await act(COMPLETE_FILE, { mediaId: made.media.id });
    if (upload.stopped) return void drop(media.id);
    if (media.kind === "IMAGE") previews.set(media.id, URL.createObjectURL(file));
    upload.stop();
    const { files } = writingOf(draft.peek(), upload.tab);
    write(upload.tab, { files: [...files, { id: media.id, name: file.name, kind: media.kind, alt: "" }] });
  } catch (problem) {
    if (upload.stopped) return;
    if (!(problem instanceof Problem)) throw problem;
    upload.problem.value = problem;
  }
}

/**
 * @param {File} file
 * @param {{url: string, method: string, headers: {name: string, value: string}[]}} where
 * @param {ReturnType<typeof begin>} upload
 * @returns {Promise<void>}
 */
function put(file, where, { request, progress }) {
  return new Promise((done, fail) => {
    const again = "Take it away and add it again.";
    request.open(where.method, where.url);
    for (const { name, value } of where.headers) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => (progress.value = total ? loaded / total : 0);
    request.onerror = () => fail(new Problem("The file was not sent.", `Check your network. ${again}`, "OFFLINE"));
    request.onabort = () => fail(new Problem("The file was not sent.", again, "STOPPED"));
    request.onload = () =>
      request.status < 300 ? done() : fail(new Problem(`The file was refused (${request.status}).`, again, "REFUSED"));
    request.send(file);
  });
}

/**
 * Take a file out of the draft.
 * @param {string} tab
 * @param {string} id
 */
export function remove(tab, id) {
  const { files } = writingOf(draft.peek(), tab);
  write(tab, { files: files.filter((each) => each.id !== id) });
  const held = draft.peek();
  const elsewhere = [held.shared, ...Object.values(held.own)].some((each) => each.files.some((file) => file.id === id));
  if (!elsewhere) drop(id);
}

/**
 * Change what is said about a file, or its place.
 * @param {string} tab
 * @param {(files: DraftFile[]) => DraftFile[]} change
 */
export function edit(tab, change) {
  write(tab, { files: change(writingOf(draft.peek(), tab).files) });
}

/** @param {string} id */
function drop(id) {
  const preview = previews.get(id);
  if (preview) URL.revokeObjectURL(preview);
  previews.delete(id);
  // A file that is not wanted any more is deleted by the server after a while, should this not reach it.
  act(DELETE_FILE, { mediaId: id }).catch(() => {});
}
