/** What the documents ask for, as types: see documents.js. */

export type JobState =
  | "SCHEDULED"
  | "PARKED"
  | "PUBLISHING"
  | "PROCESSING"
  | "RETRYING"
  | "UNKNOWN"
  | "NEEDS_REVIEW"
  | "PUBLISHED"
  | "FAILED"
  | "CANCELLED";

export interface Job {
  id: string;
  state: JobState;
  step: string | null;
  dueAt: string;
  nextAttemptAt: string | null;
  parkReason: string | null;
  quietUntil: string | null;
  cancelRequestedAt: string | null;
  reviewReason: string | null;
  updatedAt: string;
  revision: number;
  allowedActions: string[];
  platform: { key: string; name: string };
  connection: { id: string };
  post: { id: string; labels: string[] };
  content: { text: string };
  fault: { message: string; hint: string } | null;
  published: { url: string | null; at: string; lag: number } | null;
}

export interface Connection {
  id: string;
  state: "HEALTHY" | "EXPIRING_SOON" | "ATTENTION" | "REVOKED" | "PAUSED";
  method: string;
  tokenExpiresAt: string | null;
  refreshesItself: boolean;
  lastOkAt: string | null;
  updatedAt: string;
  platform: { id: string; key: string; name: string };
  account: { handle: string; name: string; server: string; url: string | null };
  reason: { code: string; message: string; hint: string } | null;
  backlog: { parked: number; planned: number; missed: number };
}

export interface Happening {
  id: string;
  cursor: string;
  at: string;
  type: string;
  actor: { kind: string };
  subject: { __typename: string; id: string } | null;
  changes: { field: string; value: string }[];
}

export interface Viewer {
  tenant: { id: string; name: string; zone: string | null };
  scopes: string[];
}

/** Whether a job that waits will go out. */
export interface Readiness {
  verdict: string;
  blocker: { message: string; fix: string } | null;
}

/** A job as the drawer shows it. */
export interface WholeJob extends Job {
  attemptCount: number;
  maxAttempts: number;
  publishBy: string;
  post: { id: string; labels: string[]; allowedActions: string[]; jobs: { id: string }[] };
  content: {
    text: string;
    parts: {
      text: string;
      link: { url: string; title: string } | null;
      media: { mediaId: string; alt: string | null; media: { filename: string; kind: string } | null }[];
    }[];
    options: { name: string; value: string }[];
  };
  readiness: { verdict: string; blockers: { message: string; fix: string }[] } | null;
  metrics: {
    measured: number;
    engagementRate: number | null;
    figures: { metric: string; value: number | null; newestAt: string | null }[];
  } | null;
  review: {
    why: string;
    lookAt: string | null;
    choices: { resolution: string; url: string | null; text: string; suggested: boolean }[];
  } | null;
}

export interface Moment {
  at: string;
  local: string;
  text: string;
  exchanges: string[];
}

export interface Story {
  now: string;
  next: string;
  nextAt: string | null;
  moments: Moment[];
  job: WholeJob;
}
