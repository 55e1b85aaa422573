/** The week: a row for each hour, so that posts of one hour stand together whatever the day. On a phone, one day. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { addDays, firstWeekday, inWords, isDay, weekOf } from "../calendar.js";
import { Card } from "../card.js";
import { hour, today } from "../clock.js";
import { dropZone } from "../drag.js";
import { html } from "../html.js";
import { useCount, useIdsAt, usePlaces } from "../placed.js";
import { addressOf, place } from "../router.js";
import { arrows } from "../roving.js";
import { slim } from "../screen.js";
import { Standstill } from "../standstill.js";
import { Days, useStop, useStretch } from "./stretch.js";

const HOURS = Array.from({ length: 24 }, (_, each) => String(each).padStart(2, "0"));
const EARLIEST_SHOWN = 7;
const keys = arrows("hours");

export function Week() {
  const day = isDay(place.value.at) ? place.value.at : today.value;
  const week = weekOf(day, firstWeekday());
  const days = slim.value ? [day] : week;
  const places = usePlaces(13);
  const count = useCount(places, days);
  const { problem, read } = useStretch(week[0], week[6]);
  const step = slim.value ? 1 : 7;
  const view = useRef(/** @type {HTMLElement | null} */ (null));
  useStop(view);
  useLayoutEffect(() => {
    const row = view.current?.querySelector(`[data-hour="${HOURS[EARLIEST_SHOWN]}"]`);
    if (row instanceof HTMLElement && view.current) view.current.scrollTop = row.offsetTop - 60;
  }, [week[0]]);
  if (problem) return html`<${Standstill} state=${problem} again=${read} />`;
  return html`
    <${Days} title=${titleOf(days)} unit=${slim.value ? "day" : "week"} count=${count}
      before=${addDays(day, -step)} after=${addDays(day, step)} />
    ${slim.value && html`<${Strip} week=${week} day=${day} />`}
    <div class="week" role="grid" aria-label=${titleOf(days)} data-view="week" ref=${view} ...${dropZone} ...${keys}>
      <div class="row heads" role="row">
        <span role="columnheader"><span class="unseen">Hour</span></span>
        ${days.map(
          (each) => html`
            <span key=${each} role="columnheader" data-today=${each === today.value ? "" : null}>
              <span class="soft">${inWords(each, { weekday: "short" })}</span> ${inWords(each, { day: "numeric" })}
            </span>
          `,
        )}
      </div>
      ${HOURS.map((each) => html`<${Row} key=${each} at=${each} days=${days} places=${places} />`)}
    </div>
  `;
}

/** @param {{at: string, days: string[], places: import("../placed.js").Places}} props */
function Row({ at, days, places }) {
  return html`
    <div class="row" role="row" data-hour=${at}>
      <span class="hour soft" role="rowheader">${at}:00</span>
      ${days.map((day) => html`<${Cell} key=${day} at=${`${day}T${at}`} places=${places} />`)}
    </div>
  `;
}

/** @param {{at: string, places: import("../placed.js").Places}} props */
function Cell({ at, places }) {
  const ids = useIdsAt(places, at);
  const past = at < hour.value;
  return html`
    <div class="cell" role="gridcell" data-drop=${at} data-past=${past ? "" : null} data-now=${at === hour.value ? "" : null}>
      ${ids.map((id) => html`<${Card} key=${id} id=${id} />`)}
    </div>
  `;
}

/** The days of the week, to choose one on a phone. @param {{week: string[], day: string}} props */
function Strip({ week, day }) {
  return html`
    <nav class="strip" aria-label="Days of the week">
      ${week.map(
        (each) => html`
          <a key=${each} href=${addressOf({ at: each })} aria-current=${each === day ? "date" : null}
            aria-label=${inWords(each, { dateStyle: "full" })} data-today=${each === today.value ? "" : null}>
            <span class="soft">${inWords(each, { weekday: "narrow" })}</span>${inWords(each, { day: "numeric" })}
          </a>
        `,
      )}
    </nav>
  `;
}

/** @param {string[]} days */
function titleOf(days) {
  const [first, last] = [days[0], days.at(-1) ?? days[0]];
  if (first === last) return inWords(first, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return `${inWords(first, { day: "numeric", month: "short" })} – ${inWords(last, { day: "numeric", month: "short", year: "numeric" })}`;
}
