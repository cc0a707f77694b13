// Five steps of the story, each ticked when the state shows it happened. A tick stays while the window is open.
import { h } from "./dom.js";
import { phoneOf } from "./people.js";
import { choosePhone } from "./phones.js";
import { openChannel } from "./workspace.js";
import { render, state, ui } from "./store.js";
import { showSide } from "./sides.js";

const done = new Set();

const missed = () => state.all.ehr.appointments.filter((one) => one.status === "noshow");

// Phones of patients who missed a visit, with the moment from which a text counts as the answer to it.
function missedPhones() {
  return missed().flatMap((visit) => {
    const phone = phoneOf(visit.patient);
    return phone ? [{ phone, patient: visit.patient, since: Date.parse(visit.start) }] : [];
  });
}

const texts = ({ phone, since }, direction) => phone.messages.filter((one) => one.direction === direction && Date.parse(one.at) >= since);
const asked = () => missedPhones().filter((one) => texts(one, "out").length);
const answered = () => asked().filter((one) => texts(one, "in").length);

function cards() {
  return state.all.slack.channels.flatMap((channel) => channel.messages.map((message) => ({ channel, message })))
    .filter(({ message }) => !message.deleted && !message.ephemeral_to && !message.user && message.blocks?.length);
}

const isOpen = ({ message }) => message.blocks.some((block) => block.type === "actions");

// A closed card names its owner too: after a reload the step is still done.
function claimed() {
  return state.all.slack.users.some((user) => cards().some(({ message }) => JSON.stringify(message.blocks).includes(`<@${user.id}>`)));
}

function rebooked() {
  const people = new Set(missed().map((visit) => visit.patient));
  return state.all.ehr.tasks.some((task) => task.status === "completed" && task.outcome && people.has(task.patient));
}

const STEPS = [
  ["A visit is missed", "Press No-show in the EHR day", () => missed().length > 0, () => showSide("chart")],
  ["A text goes out", "See it on the patient's phone", () => asked().length > 0, () => toPhone()],
  ["The patient answers", "Send a quick reply", () => answered().length > 0, () => toPhone()],
  ["The team claims", "Press Claim on the card", claimed, () => toCard()],
  ["A new visit is booked", "Press Reschedule, pick a slot", rebooked, () => toCard()],
];

function toPhone() {
  const last = asked().at(-1) ?? missedPhones().at(-1);
  if (last) choosePhone(last.phone.number);
  else showSide("phones");
  show("phones");
}

function toCard() {
  const card = cards().filter(isOpen).filter(({ channel }) => channel.members.includes(ui.user) || !channel.private).at(-1);
  if (card) openChannel(card.channel.id);
  show("channel");
}

function show(id) {
  queueMicrotask(() => document.getElementById(id)?.scrollIntoView({ block: "nearest" }));
}

export function drawGuide() {
  STEPS.forEach(([, , seen], i) => seen() && done.add(i));
  if (!ui.guide) return [];
  const next = STEPS.findIndex((_, i) => !done.has(i));
  const hide = () => {
    ui.guide = false;
    render();
  };
  return h("nav", { class: "guide", "aria-label": "Try this" },
    h("h2", { class: "guide-title" }, next < 0 ? "Done" : "Try this"),
    h("ol", { class: "plain-list guide-steps" }, STEPS.map((step, i) => drawStep(step, i, i === next))),
    h("button", { type: "button", class: "close", "aria-label": "Hide the guide", on: { click: hide } }, "✕"));
}

function drawStep([title, hint, , go], i, isNext) {
  const ticked = done.has(i);
  return h("li", { key: i }, h("button", { type: "button", class: `guide-step${ticked ? " ticked" : ""}${isNext ? " next" : ""}`, "aria-current": isNext ? "step" : undefined, "data-done": ticked, on: { click: go } },
    h("span", { class: "guide-mark", "aria-hidden": "true" }, ticked ? "✓" : String(i + 1)),
    h("span", { class: "guide-words" }, h("span", { class: "guide-name" }, title, ticked && h("span", { class: "hidden" }, " (done)")), h("span", { class: "guide-hint" }, hint))));
}
