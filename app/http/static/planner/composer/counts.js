/**
 * How long a text is, as a platform counts it, while it is typed. The server counts again with every rule of the
 * platform: where it says a figure, that one is shown.
 */

/** @typedef {import("./shapes.d.ts").Limit} Limit */

const LINK = /(?<![\w@#$])https?:\/\/[^\s<>"]*[\w/#=&-]/giu;
const URL_LENGTH = "text.url_length";

/** @type {Intl.Segmenter | null} */
let segmenter = null;

/** @param {string} text */
function graphemes(text) {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  let count = 0;
  for (const _each of segmenter.segment(text)) count += 1;
  return count;
}

/** @type {Record<string, (text: string) => number>} */
const UNITS = {
  GRAPHEMES: graphemes,
  CHARACTERS: (text) => Array.from(text).length,
  BYTES: (text) => new TextEncoder().encode(text).length,
};

/**
 * How many of its unit a text has, where every link may count the same.
 * @param {string} text
 * @param {Limit} limit
 * @param {Limit[]} limits those of the same account
 */
export function measure(text, limit, limits) {
  const weight = limits.find((each) => each.rule === URL_LENGTH)?.max;
  const counted = weight && limit.counted !== "BYTES" ? text.replace(LINK, "x".repeat(weight)) : text;
  return (UNITS[limit.counted] ?? UNITS.GRAPHEMES)(counted);
}

/**
 * The count that is shown beside a text: of the limit that is nearest to be broken.
 * @param {string} text
 * @param {Limit[]} limits
 * @param {{rule: string, measured: string | null}[]} told what the server has measured of this text
 * @returns {{used: number, most: number} | null} null where no limit is known
 */
export function countOf(text, limits, told) {
  const found = [];
  for (const limit of limits) {
    if (!["text.length", "text.bytes"].includes(limit.rule) || !limit.max) continue;
    const said = Number(told.find((each) => each.rule === limit.rule)?.measured ?? Number.NaN);
    found.push({ used: Number.isFinite(said) ? said : measure(text, limit, limits), most: limit.max });
  }
  found.sort((one, other) => one.most - one.used - (other.most - other.used));
  return found[0] ?? null;
}
