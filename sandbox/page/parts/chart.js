import { act } from "./acts.js";
import { bookFor } from "./booking.js";
import { businessNow, render, state, ui, userById } from "./store.js";
import { choosePhone } from "./phones.js";
import { dayAndTime, dayInWords, dayKey, dayName, middayOf, shiftDay, time, when } from "./times.js";
import { h } from "./dom.js";
import { phoneOf } from "./people.js";

const STATUS = { noshow: "no-show", "entered-in-error": "in error", "checked-in": "checked in" };
const OPEN = new Set(["booked", "pending", "proposed", "waitlist"]);
const HERE = new Set(["arrived", "checked-in"]);

export function drawChart() {
  return h("section", { key: "chart", class: "panel chart side-chart", "aria-labelledby": "chart-title", id: "chart" },
    h("header", { class: "panel-head" }, h("h2", { id: "chart-title" }, "EHR day"), dayPicker()),
    h("div", { class: "chart-body", tabindex: "0", role: "region", "aria-label": "Appointments, free slots and tasks" },
      appointments(), slots(), tasks(), log()));
}

const byStart = (a, b) => Date.parse(a.start) - Date.parse(b.start);

const chosenDay = () => ui.day ?? dayKey(businessNow());

function dayPicker() {
  const day = chosenDay();
  const noon = middayOf(day);
  const go = (to) => () => {
    ui.day = to;
    render();
  };
  const step = (days, words, sign) => h("button", { key: words, type: "button", class: "button plain step", "aria-label": words, on: { click: go(shiftDay(day, days)) } }, sign);
  return h("div", { class: "day-picker" },
    step(-1, "Day before", "‹"),
    h("span", { class: "day-shown", "aria-live": "polite" }, dayInWords(noon) === "today" ? `Today, ${dayName(noon)}` : dayName(noon)),
    step(1, "Day after", "›"),
    h("button", { key: "today", type: "button", class: "button plain step", disabled: ui.day === null, on: { click: go(null) } }, "Today"));
}

function appointments() {
  const day = chosenDay();
  const rows = state.all.ehr.appointments.filter((one) => one.start && dayKey(one.start) === day).sort(byStart);
  if (!rows.length) return h("p", { key: "appointments", class: "empty" }, "No appointments on this day.");
  return h("table", { key: "appointments", class: "appointments", role: "table" },
    h("caption", { class: "hidden" }, "Appointments of the day"),
    h("thead", { class: "hidden", role: "rowgroup" }, h("tr", { role: "row" },
      ["Time", "Patient", "Status", "Change"].map((words) => h("th", { scope: "col", role: "columnheader" }, words)))),
    h("tbody", { role: "rowgroup" }, rows.map(row)));
}

function row(one) {
  const phone = phoneOf(one.patient);
  const label = `${one.patient_name}, ${time(one.start)}`;
  return h("tr", { key: one.id, class: "visit", role: "row", "data-appointment": one.id },
    h("td", { class: "when", role: "cell" }, time(one.start)),
    h("td", { class: "who", role: "cell" },
      phone
        ? h("button", { type: "button", class: "as-link", "aria-label": `Show the phone of ${one.patient_name}`, on: { click: () => choosePhone(phone.number) } }, one.patient_name)
        : h("strong", {}, one.patient_name),
      h("span", { class: "quiet line" }, [one.type, one.practitioner].filter(Boolean).join(" · "))),
    h("td", { class: "how", role: "cell" }, h("span", { class: `badge is-${one.status}` }, STATUS[one.status] ?? one.status)),
    h("td", { class: "row-acts", role: "cell" }, rowActs(one, label)));
}

function rowActs(one, label) {
  const say = (verb, words) => h("button", {
    key: verb, type: "button", class: "button tiny", "aria-label": `${words}: ${label}`,
    on: { click: () => act(`ehr/${verb}`, { appointment: one.id }, `${verb}/${one.id}`) },
  }, words);
  const acts = [];
  if (OPEN.has(one.status)) acts.push(say("arrive", "Arrive"), say("no_show", "No-show"), say("cancel", "Cancel"));
  if (HERE.has(one.status)) acts.push(say("fulfill", "Fulfil"));
  if (one.status !== "fulfilled" && !HERE.has(one.status)) {
    acts.push(h("button", { key: "book", type: "button", class: "button tiny", "aria-label": `Book elsewhere: ${label}`, on: { click: () => bookFor(one.patient, one.patient_name) } }, "Book elsewhere"));
  }
  return acts;
}

export function freeSlots() {
  const now = businessNow();
  return state.all.ehr.slots.filter((slot) => slot.status === "free" && Date.parse(slot.start) > now).sort(byStart);
}

function slots() {
  const free = freeSlots();
  const byDay = new Map();
  for (const slot of free) {
    const key = dayKey(slot.start);
    byDay.set(key, [...(byDay.get(key) ?? []), slot]);
  }
  return h("section", { key: "slots", class: "chart-part" },
    h("h3", {}, "Free slots", h("span", { class: "quiet" }, free.length ? ` ${free.length}, next ${dayAndTime(free[0].start)}` : " none")),
    h("ul", { class: "plain-list slot-days" }, [...byDay].slice(0, 8).map(([key, list]) =>
      h("li", { key }, h("strong", {}, dayName(list[0].start)), h("span", { class: "quiet" }, ` ${list.length} free`),
        h("span", { class: "quiet line" }, span(list))))));
}

const span = (list) => (list.length === 1 ? time(list[0].start) : `${time(list[0].start)} to ${time(list.at(-1).end)}`);

function tasks() {
  const list = [...state.all.ehr.tasks].reverse();
  return h("section", { key: "tasks", class: "chart-part" },
    h("h3", {}, "Tasks", h("span", { class: "quiet" }, ` ${list.length}`)),
    list.length
      ? h("ul", { class: "plain-list tasks" }, list.map(task))
      : h("p", { class: "empty" }, "None yet. Careloop writes one for each case."));
}

function task(one) {
  const patient = state.all.ehr.patients.find((other) => other.id === one.patient)?.name ?? one.patient;
  const owner = one.owner ? userById(one.owner)?.name ?? one.owner : "no owner";
  return h("li", { key: one.id, class: "task" },
    h("span", { class: `badge is-${one.status}` }, one.status),
    h("span", {}, h("strong", {}, one.code || "task"), " ", patient && h("span", {}, `for ${patient}`),
      h("span", { class: "quiet line" }, [owner, one.outcome && `outcome: ${one.outcome}`, one.version && `version ${one.version}`].filter(Boolean).join(" · "))));
}

function log() {
  const lines = [...(state.all.ehr.log ?? [])].slice(-40).reverse();
  return h("details", { key: "log", class: "chart-part" },
    h("summary", {}, `What the EHR did (${state.all.ehr.log?.length ?? 0})`),
    h("ul", { class: "plain-list log" }, lines.map((line, i) => h("li", { key: lines.length - i }, h("time", { class: "quiet" }, when(line.at)), " ", line.what))));
}
