/** How states and platforms are shown: a word, an icon and a tone each. Colour is never the only sign. */

/** @typedef {{word: string, icon: string, tone: string}} Look */

/** @type {Record<string, Look>} */
const JOB_STATES = {
  SCHEDULED: { word: "Scheduled", icon: "clock", tone: "plain" },
  PARKED: { word: "On hold", icon: "hold", tone: "warn" },
  PUBLISHING: { word: "Publishing", icon: "busy", tone: "busy" },
  PROCESSING: { word: "Processing", icon: "busy", tone: "busy" },
  RETRYING: { word: "Trying again", icon: "retry", tone: "warn" },
  UNKNOWN: { word: "Checking", icon: "question", tone: "warn" },
  NEEDS_REVIEW: { word: "Needs you", icon: "warning", tone: "bad" },
  PUBLISHED: { word: "Published", icon: "check", tone: "good" },
  FAILED: { word: "Failed", icon: "close", tone: "bad" },
  CANCELLED: { word: "Cancelled", icon: "off", tone: "off" },
};

/** @type {Record<string, Look>} */
const CONNECTION_STATES = {
  HEALTHY: { word: "Healthy", icon: "check", tone: "good" },
  EXPIRING_SOON: { word: "Expires soon", icon: "clock", tone: "warn" },
  ATTENTION: { word: "Needs you", icon: "warning", tone: "bad" },
  PAUSED: { word: "Paused", icon: "hold", tone: "off" },
  REVOKED: { word: "Ended", icon: "off", tone: "off" },
};

/** Of jobs that wait. What goes out at its time needs no word. @type {Record<string, Look>} */
const VERDICTS = {
  AT_RISK: { word: "At risk", icon: "warning", tone: "warn" },
  BLOCKED: { word: "Will not go out", icon: "warning", tone: "bad" },
};

/** @type {Record<string, string>} */
const HOLDS = {
  CONNECTION: "The account has to be reconnected first.",
  PAUSED: "The account is paused.",
  BREAKER: "The platform has trouble. It goes out when the platform is well again.",
  QUOTA: "The platform's limit is used up. It goes out when there is room again.",
};

/** @type {Record<string, string>} */
const MARKS = { bluesky: "B", mastodon: "M", linkedin: "in", facebook: "f", instagram: "ig" };

/** The states of jobs in the order in which a person asks for them. */
export const STATES = Object.keys(JOB_STATES);

/** @param {string} state @returns {Look} */
export function jobLook(state) {
  return JOB_STATES[state] ?? { word: sentence(state), icon: "question", tone: "plain" };
}

/** @param {string} state @returns {Look} */
export function connectionLook(state) {
  return CONNECTION_STATES[state] ?? { word: sentence(state), icon: "question", tone: "plain" };
}

/** How it is shown that a job may not go out; undefined where nothing stands in its way. @param {string} [verdict] */
export function verdictLook(verdict = "") {
  return VERDICTS[verdict];
}

/** Why a job waits. @param {string} reason */
export function holdWords(reason) {
  return HOLDS[reason] ?? `It waits: ${sentence(reason)}.`;
}

/** One or two letters for a platform. @param {string} key */
export function markOf(key) {
  return MARKS[key] ?? key.slice(0, 1).toUpperCase();
}

/** An enum's value in words: `PARTLY_OUT` is "Partly out". @param {string} value */
export function sentence(value) {
  const words = value.replaceAll(/[_.]/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * A count with its noun.
 * @param {number} count
 * @param {string} noun in the singular
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
