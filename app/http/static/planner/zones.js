/**
 * Instants and wall clocks: pure arithmetic by the time zones that the browser knows.
 *
 * A wall time is a text such as `2026-03-29T02:30`. In spring some do not exist, and in autumn some come twice. The
 * server decides about those; `instantOf` decides in the same way, so that a card that was moved stays where it is put.
 */

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone */
function formatOf(zone) {
  let found = formats.get(zone);
  if (!found) {
    const fields = /** @type {const} */ ({ year: "numeric", month: "2-digit", day: "2-digit" });
    const clock = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    found = new Intl.DateTimeFormat("en-CA", { timeZone: zone, ...fields, ...clock });
    formats.set(zone, found);
  }
  return found;
}

/**
 * Whether the browser knows a zone.
 * @param {string} zone
 */
export function known(zone) {
  try {
    return Boolean(formatOf(zone));
  } catch {
    return false;
  }
}

/**
 * The wall time of an instant, to the second: `2026-03-29T03:30:00`.
 * @param {string | number | Date} instant
 * @param {string} zone
 */
export function wallOf(instant, zone) {
  /** @type {Record<string, string>} */
  const at = {};
  for (const { type, value } of formatOf(zone).formatToParts(new Date(instant))) at[type] = value;
  return `${at.year.padStart(4, "0")}-${at.month}-${at.day}T${at.hour}:${at.minute}:${at.second}`;
}

/**
 * The day of an instant: `2026-03-29`.
 * @param {string | number | Date} instant
 * @param {string} zone
 */
export function dayOf(instant, zone) {
  return wallOf(instant, zone).slice(0, 10);
}

/**
 * The wall clock of an instant: `03:30`.
 * @param {string | number | Date} instant
 * @param {string} zone
 */
export function clockOf(instant, zone) {
  return wallOf(instant, zone).slice(11, 16);
}

/**
 * How far a zone's clocks are ahead of UTC at an instant, in milliseconds.
 * @param {number} instant
 * @param {string} zone
 */
export function offsetAt(instant, zone) {
  const whole = Math.floor(instant / 1000) * 1000;
  return Date.parse(`${wallOf(whole, zone)}Z`) - whole;
}

/**
 * The instant of a wall time, in milliseconds. A time that comes twice means the first; one that is skipped means as
 * long after the gap's start as it says, by the clock before the gap.
 * @param {string} wall
 * @param {string} zone
 */
export function instantOf(wall, zone) {
  const naive = Date.parse(`${wall.length === 10 ? `${wall}T00:00` : wall}Z`);
  const before = offsetAt(naive - 86_400_000, zone);
  const after = offsetAt(naive + 86_400_000, zone);
  const [early, late] = [naive - before, naive - after];
  if (offsetAt(early, zone) === before) return early;
  return offsetAt(late, zone) === after ? late : early;
}

/**
 * The zones to choose from, those that come first first.
 * @param {string[]} first
 */
export function choices(first) {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set([...first.filter(known), "UTC", ...all])];
}

/** The zone of this device. */
export function ownZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
