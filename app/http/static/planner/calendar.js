/**
 * Days, weeks and months: pure arithmetic on texts such as `2026-03-29`. A day has no zone here, and no hours.
 */

import { instantOf } from "./zones.js";

const DAY = 86_400_000;

/** @param {string} day */
function number(day) {
  return Date.parse(`${day}T00:00Z`);
}

/**
 * @param {string} day
 * @param {number} days
 */
export function addDays(day, days) {
  return new Date(number(day) + days * DAY).toISOString().slice(0, 10);
}

/**
 * The same day of another month, or its last day where that is shorter.
 * @param {string} day
 * @param {number} months
 */
export function addMonths(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}

/**
 * The day on which its week begins.
 * @param {string} day
 * @param {number} [first] 1 for Monday to 7 for Sunday
 */
export function startOfWeek(day, first = 1) {
  const weekday = new Date(number(day)).getUTCDay() || 7;
  return addDays(day, -((weekday - first + 7) % 7));
}

/**
 * The seven days of a week.
 * @param {string} day any of them
 * @param {number} [first]
 */
export function weekOf(day, first = 1) {
  const start = startOfWeek(day, first);
  return Array.from({ length: 7 }, (_, each) => addDays(start, each));
}

/**
 * The weeks that show a month whole, each of seven days.
 * @param {string} day any day of the month
 * @param {number} [first]
 */
export function weeksOfMonth(day, first = 1) {
  const month = day.slice(0, 7);
  const weeks = [];
  for (let start = startOfWeek(`${month}-01`, first); start.slice(0, 7) <= month; start = addDays(start, 7)) {
    weeks.push(weekOf(start, first));
  }
  return weeks;
}

/**
 * The instants between which these days lie in a zone, as the API takes them.
 * @param {string} first
 * @param {string} last
 * @param {string} zone
 */
export function rangeOf(first, last, zone) {
  const at = /** @param {string} day */ (day) => new Date(instantOf(day, zone)).toISOString();
  return { from: at(first), until: at(addDays(last, 1)) };
}

/**
 * Whether a text is a day that exists.
 * @param {string} text
 */
export function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(number(text)) && addDays(text, 0) === text;
}

/**
 * A day in words.
 * @param {string} day
 * @param {Intl.DateTimeFormatOptions} options
 */
export function inWords(day, options) {
  return new Intl.DateTimeFormat(undefined, { timeZone: "UTC", ...options }).format(number(day));
}

/**
 * The day on which weeks begin where this person lives: 1 for Monday to 7 for Sunday.
 * @param {string} [language]
 */
export function firstWeekday(language = navigator.language) {
  try {
    const locale = /** @type {any} */ (new Intl.Locale(language));
    return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
  } catch {
    return 1;
  }
}
