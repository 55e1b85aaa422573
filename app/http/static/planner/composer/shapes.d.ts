/** A post while it is written, and what is known about the accounts that it goes to. */

/** A file of the draft. Its preview and its progress are no part of it: they end with the page. */
export interface DraftFile {
  /** The id that the API gave it. */
  id: string;
  name: string;
  kind: string;
  alt: string;
}

/** What is said: on every account, or on one of them in place of that. */
export interface Writing {
  text: string;
  link: string;
  files: DraftFile[];
  /** The texts that follow: replies in a thread, or comments below the post. */
  after: string[];
}

export interface Draft {
  /** The idempotency key: the same until the post is scheduled, so that two clicks make one post. */
  key: string;
  shared: Writing;
  /** Accounts by id, in the order in which they were chosen. */
  targets: string[];
  /** What is different on one account. */
  own: Record<string, Writing>;
  /** The platform's options by account and name. */
  options: Record<string, Record<string, string>>;
  labels: string;
  /** A wall time such as `2026-03-29T09:00`, in the zone of the page. */
  at: string;
}

export interface Limit {
  rule: string;
  counted: "GRAPHEMES" | "CHARACTERS" | "BYTES" | "COUNT" | "PIXELS" | "SECONDS";
  min: number | null;
  max: number | null;
}

export interface PlatformOption {
  name: string;
  description: string;
  choices: string[];
  default: string | null;
  formats: string[];
}

export type Kind = "TEXT" | "LINK" | "IMAGE" | "CAROUSEL" | "VIDEO" | "DOCUMENT";

export type AccountRules = Record<Kind, Limit[]> & {
  id: string;
  platform: {
    key: string;
    name: string;
    formats: { key: string; mediaTypes: string[] }[];
    options: PlatformOption[];
  };
};

export interface Problem {
  path: string[];
  rule: string;
  measured: string | null;
  limit: string | null;
  severity: "ERROR" | "WARNING";
  message: string;
  fix: string;
}

/** What the server says of one target. */
export interface Verdict {
  problems: Problem[];
  /** What is worth knowing, and stops nothing. */
  notices: string[];
}
