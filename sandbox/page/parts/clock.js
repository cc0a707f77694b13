import { act } from "./acts.js";
import { businessNow, read, render, state, ui } from "./store.js";
import { clockKey, instantOf, longDay, nextMorning, time } from "./times.js";
import { h, patch } from "./dom.js";
import { openDialog } from "./popups.js";

const LEVELS = [["none", "None"], ["initials", "Initials"], ["full", "Full"]];

export function drawBar() {
  return [
    h("h1", { key: "brand", class: "brand" }, h("span", { class: "app-mark", "aria-hidden": "true" }), "Careloop", h("span", { class: "brand-sub" }, "demo clinic")),
    clock(),
    speed(),
    phi(),
    h("p", { key: "line", class: `line-state${state.online ? "" : " lost"}`, role: "status" }, state.online ? "live" : "connection lost, trying again"),
  ];
}

export function tickClock(bar) {
  if (state.all && !document.hidden) patch(bar, drawBar());
}

function clock() {
  const now = businessNow();
  const paused = state.all.clock.paused;
  return h("div", { key: "clock", class: "clock", role: "group", "aria-label": "Clinic time" },
    h("span", { class: "clock-time" }, time(now)),
    h("span", { class: "clock-day" }, longDay(now), h("span", { class: "quiet" }, paused ? " · paused" : ` · ×${state.all.clock.rate}`)));
}

const set = (body, key) => () => act("clock", body, `clock/${key}`);

function speed() {
  const { paused, rate } = state.all.clock;
  const choice = (words, label, on, body) => h("button", {
    key: words, type: "button", class: "seg", "aria-pressed": String(on), "aria-label": label, on: { click: set(body, words) },
  }, words);
  const jump = (words, body) => h("button", { key: words, type: "button", class: "button plain", on: { click: () => act("clock", body(), `clock/${words}`) } }, words);
  return h("div", { key: "speed", class: "speed" },
    h("div", { key: "rate", class: "segs", role: "group", "aria-label": "Speed of time" },
      choice("Pause", "Pause time", paused, { paused: true }),
      choice("×1", "Time runs as usual", !paused && rate === 1, { rate: 1, paused: false }),
      choice("×60", "A minute a second", !paused && rate === 60, { rate: 60, paused: false })),
    h("div", { key: "jumps", class: "jumps", role: "group", "aria-label": "Jump in time" },
      jump("+1 h", () => ({ jump: "1h" })),
      jump("Next 9:00", () => ({ jump_to: nextMorning().toISOString() })),
      jump("+1 day", () => ({ jump: "1d" })),
      h("button", { key: "to", type: "button", class: "button plain", "aria-haspopup": "dialog", on: { click: jumpTo } }, "Jump to…")));
}

async function jumpTo() {
  const earliest = clockKey(businessNow());
  const chosen = await openDialog("Jump to a time", (done) =>
    h("form", { on: { submit: (event) => { event.preventDefault(); done(event.currentTarget.querySelector("input").value); } } },
      h("h2", { class: "dialog-title" }, "Jump to a time"),
      h("div", { class: "dialog-content" },
        h("label", { class: "b-label", for: "jump-to" }, "Clinic time"),
        h("input", { id: "jump-to", class: "field", type: "datetime-local", min: earliest, required: true, start: { value: earliest } }),
        h("p", { class: "quiet" }, "Everything that falls due until then happens on the way.")),
      h("div", { class: "dialog-foot" },
        h("button", { type: "button", class: "button plain", on: { click: () => done(null) } }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Jump"))));
  if (chosen) await act("clock", { jump_to: instantOf(chosen.slice(0, 16)).toISOString() }, "clock/to");
}

function phi() {
  const choose = async (level) => {
    const before = ui.phi;
    ui.phi = level;
    render();
    if (!(await act("phi", { level }))) ui.phi = before;
    read();
  };
  return h("div", { key: "phi", class: "phi" },
    h("span", { class: "phi-label", id: "phi-label" }, "Slack may see"),
    h("div", { class: "segs", role: "group", "aria-labelledby": "phi-label" }, LEVELS.map(([level, words]) =>
      h("button", { key: level, type: "button", class: "seg", "aria-pressed": String(ui.phi === level), title: `Patient details in Slack: ${words.toLowerCase()}`, on: { click: () => choose(level) } }, words))));
}
