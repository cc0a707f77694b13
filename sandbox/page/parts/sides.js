// Where there is no room for phones and chart beside each other, two buttons choose (the style sheet hides them elsewhere).
import { h } from "./dom.js";
import { render, ui } from "./store.js";

const SIDES = [["phones", "Patients' phones"], ["chart", "EHR day"]];

export function showSide(side) {
  ui.side = side;
  render();
}

export function drawSides() {
  document.body.dataset.side = ui.side;
  return h("div", { key: "sides", class: "sides", role: "group", "aria-label": "Show beside the workspace" }, SIDES.map(([side, words]) =>
    h("button", { key: side, type: "button", class: "side-pick", "aria-pressed": String(ui.side === side), on: { click: () => showSide(side) } }, words)));
}
