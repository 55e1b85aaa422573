/**
 * Subscriptions over one socket (graphql-transport-ws).
 *
 * A lost socket is opened again by itself, later after each failure, and at once when the network is back. Every
 * subscription then asks anew for its variables, so that it resumes behind the last cursor it has seen: nothing is
 * missed and nothing comes twice. A refused key is not tried again.
 */

import { signal } from "@preact/signals";

const REFUSED = 4403;
const REPLACED = 4499; // ours: the socket is closed because this tab wants none
const FIRST_WAIT = 400;
const LONGEST_WAIT = 10_000;
const PING_EVERY = 15_000;
const PONG_WITHIN = 8_000;

/**
 * How the socket is.
 * @type {import("@preact/signals").Signal<"idle" | "connecting" | "live" | "offline" | "refused">}
 */
export const link = signal("idle");

/**
 * @typedef {object} Wish one subscription, for as long as it is wanted
 * @property {string} query
 * @property {() => Record<string, unknown>} variables asked for at every (re)connection
 * @property {(data: any) => void} next
 * @property {(errors: {message: string, extensions?: {code?: string}}[]) => void} failed the server ended it
 */

/** The one socket of the page. */
export class Live {
  /**
   * @param {string} url
   * @param {() => string} authorization
   */
  constructor(url, authorization) {
    this.url = url;
    this.authorization = authorization;
    /** @type {Map<string, Wish>} */
    this.wishes = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.acknowledged = false;
    this.failures = 0;
    this.counter = 0;
    this.timer = 0;
    this.heart = 0;
    this.deadline = 0;
    addEventListener("online", () => this.#now());
    addEventListener("offline", () => this.#lost());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#now());
  }

  /**
   * Follow a subscription; gives how to stop.
   * @param {Wish} wish
   * @returns {() => void}
   */
  subscribe(wish) {
    const id = String(++this.counter);
    this.wishes.set(id, wish);
    if (this.acknowledged) this.#ask(id, wish);
    else if (!this.socket) this.#open();
    return () => {
      if (this.wishes.delete(id) && this.acknowledged) this.#send({ id, type: "complete" });
    };
  }

  /** Close the socket and forget every subscription. */
  close() {
    this.wishes.clear();
    clearTimeout(this.timer);
    this.#drop(REPLACED);
    this.failures = 0;
    link.value = "idle";
  }

  #open() {
    clearTimeout(this.timer);
    if (!navigator.onLine) {
      link.value = "offline";
      return;
    }
    if (link.value !== "offline") link.value = "connecting";
    const socket = new WebSocket(this.url, "graphql-transport-ws");
    this.socket = socket;
    socket.onopen = () => {
      const authorization = this.authorization();
      this.#send({ type: "connection_init", ...(authorization && { payload: { authorization } }) });
    };
    socket.onmessage = (event) => this.socket === socket && this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => this.socket === socket && this.#closed(event.code);
  }

  /** @param {{type: string, id?: string, payload?: any}} message */
  #hear(message) {
    const wish = this.wishes.get(message.id ?? "");
    if (message.type === "connection_ack") {
      this.acknowledged = true;
      this.failures = 0;
      link.value = "live";
      this.heart = setInterval(() => this.#beat(), PING_EVERY);
      for (const [id, each] of this.wishes) this.#ask(id, each);
    } else if (message.type === "next") {
      if (message.payload.errors) this.#fail(message.id ?? "", message.payload.errors);
      else wish?.next(message.payload.data);
    } else if (message.type === "error") this.#fail(message.id ?? "", message.payload);
    else if (message.type === "complete") this.wishes.delete(message.id ?? "");
    else if (message.type === "ping") this.#send({ type: "pong" });
    else if (message.type === "pong") clearTimeout(this.deadline);
  }

  /**
   * @param {string} id
   * @param {any[]} errors
   */
  #fail(id, errors) {
    const wish = this.wishes.get(id);
    this.wishes.delete(id);
    wish?.failed(errors);
  }

  /** @param {number} code */
  #closed(code) {
    this.#drop();
    if (code === REFUSED) {
      link.value = "refused";
      return;
    }
    if (!this.wishes.size) return;
    link.value = "offline";
    const wait = Math.min(FIRST_WAIT * 2 ** this.failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    this.failures += 1;
    this.timer = setTimeout(() => this.#open(), wait);
  }

  /** The network is gone: the socket may not notice for minutes. */
  #lost() {
    clearTimeout(this.timer);
    if (!this.wishes.size) return;
    this.#drop(REPLACED);
    link.value = "offline";
  }

  /** Do not wait any longer. */
  #now() {
    if (this.wishes.size && !this.socket) {
      this.failures = 0;
      this.#open();
    }
  }

  #beat() {
    this.#send({ type: "ping" });
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.#closed(1006), PONG_WITHIN);
  }

  /** @param {number} [code] */
  #drop(code) {
    clearInterval(this.heart);
    clearTimeout(this.deadline);
    const { socket } = this;
    this.socket = null;
    this.acknowledged = false;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close(code ?? REPLACED);
  }

  /**
   * @param {string} id
   * @param {Wish} wish
   */
  #ask(id, wish) {
    this.#send({ id, type: "subscribe", payload: { query: wish.query, variables: wish.variables() } });
  }

  /** @param {object} message */
  #send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
