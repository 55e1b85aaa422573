/** The month: a cell for each day with its first posts, and the way to the rest. */

import { useRef } from "preact/hooks";

import { addMonths, firstWeekday, inWords, isDay, weeksOfMonth } from "../calendar.js";
import { Card } from "../card.js";
import { today } from "../clock.js";
import { dropZone } from "../drag.js";
import { html } from "../html.js";
import { useCount, useIdsAt, usePlaces } from "../placed.js";
import { addressOf, place } from "../router.js";
import { arrows } from "../roving.js";
import { slim } from "../screen.js";
import { Standstill } from "../standstill.js";
import { counted } from "../words.js";
import { Days, useStop, useStretch } from "./stretch.js";

const SHOWN = 4;
const keys = arrows("days");

export function Month() {
  const day = isDay(place.value.at) ? place.value.at : today.value;
  const weeks = weeksOfMonth(day, firstWeekday());
  const places = usePlaces(10);
  const count = useCount(places, weeks.flat().filter((each) => each.startsWith(day.slice(0, 7))));
  const { problem, read } = useStretch(weeks[0][0], weeks[weeks.length - 1][6]);
  const view = useRef(/** @type {HTMLElement | null} */ (null));
  useStop(view);
  if (problem) return html`<${Standstill} state=${problem} again=${read} />`;
  const title = inWords(day, { month: "long", year: "numeric" });
  return html`
    <${Days} title=${title} unit="month" count=${count} before=${addMonths(day, -1)} after=${addMonths(day, 1)} />
    <div class="month" role="grid" aria-label=${title} data-view="month" ref=${view} ...${dropZone} ...${keys}>
      <div class="row heads" role="row">
        ${weeks[0].map(
          (each) => html`
            <span key=${each} role="columnheader" aria-label=${inWords(each, { weekday: "long" })}>
              ${inWords(each, { weekday: slim.value ? "narrow" : "short" })}
            </span>
          `,
        )}
      </div>
      ${weeks.map(
        (week) => html`
          <div key=${week[0]} class="row" role="row">
            ${week.map((each) => html`<${Cell} key=${each} at=${each} month=${day.slice(0, 7)} places=${places} />`)}
          </div>
        `,
      )}
    </div>
  `;
}

/** @param {{at: string, month: string, places: import("../placed.js").Places}} props */
function Cell({ at, month, places }) {
  const ids = useIdsAt(places, at);
  const shown = slim.value ? 0 : ids.length > SHOWN ? SHOWN - 1 : SHOWN;
  const rest = ids.length - Math.min(ids.length, shown);
  const words = inWords(at, { dateStyle: "full" });
  return html`
    <div class="cell" role="gridcell" data-drop=${at} data-other=${at.startsWith(month) ? null : ""}
      data-today=${at === today.value ? "" : null} data-past=${at < today.value ? "" : null}>
      <a class="date" href=${addressOf({ view: "week", at })} aria-label=${`${words}, ${counted(ids.length, "post")}`}>
        ${inWords(at, { day: "numeric" })}
      </a>
      ${ids.slice(0, shown).map((id) => html`<${Card} key=${id} id=${id} />`)}
      ${rest > 0 &&
      html`<a class="rest" href=${addressOf({ view: "week", at })} aria-label=${`${counted(rest, "more post")} on ${words}`}>
        ${slim.value ? rest : `${rest} more`}
      </a>`}
    </div>
  `;
}
