// Elements that act at once: in cards, in the Home tab, and outside the inputs of a modal.
import { h } from "./dom.js";
import { choices, chosenOf } from "./choices.js";
import { isSafeLink, wording } from "./mrkdwn.js";
import { ask, openMenu } from "./popups.js";
import { ui } from "./store.js";

const keyOf = (element, block, ctx) => `${ctx.key}/${block.block_id ?? ""}/${element.action_id}`;

async function send(element, block, ctx, extra = {}) {
  if (element.confirm && !(await ask(element.confirm))) return;
  ctx.act({ action_id: element.action_id, block_id: block.block_id, ...extra }, keyOf(element, block, ctx));
}

function button(element, block, ctx) {
  const busy = ui.busy.has(keyOf(element, block, ctx));
  const extra = element.value === undefined ? {} : { value: element.value };
  const common = {
    key: element.action_id,
    class: `button ${element.style ?? "plain"}`,
    "aria-label": element.accessibility_label,
    "aria-busy": busy || undefined,
    "data-action": element.action_id,
    on: { click: () => send(element, block, ctx, extra) },
  };
  if (element.url && isSafeLink(element.url)) {
    return h("a", { ...common, href: element.url, target: "_blank", rel: "noopener noreferrer" }, wording(element.text));
  }
  return h("button", { ...common, type: "button" }, wording(element.text));
}

function overflow(element, block, ctx) {
  return h("button", {
    key: element.action_id, type: "button", class: "button plain more", "aria-haspopup": "menu", "aria-label": "More actions",
    "data-action": element.action_id, "aria-busy": ui.busy.has(keyOf(element, block, ctx)) || undefined,
    on: { click: (event) => openMenu(event.currentTarget, "More actions", menuItems(element.options, element, block, ctx)) },
  }, h("span", { class: "dots", "aria-hidden": "true" }, "⋯"));
}

function menuItems(options, element, block, ctx) {
  return options.map((option) => ({
    label: wording(option.text),
    hint: option.description && wording(option.description),
    url: option.url,
    pick: () => send(element, block, ctx, { selected_option: option }),
  }));
}

function select(element, block, ctx) {
  const options = choices(element);
  const now = chosenOf(element);
  const label = wording(now ? now.text : element.placeholder, "Choose");
  return h("button", {
    key: element.action_id, type: "button", class: "button plain picker", "aria-haspopup": "menu", "data-action": element.action_id,
    on: { click: (event) => openMenu(event.currentTarget, label, menuItems(options, element, block, ctx)) },
  }, label, h("span", { class: "caret", "aria-hidden": "true" }, "▾"));
}

function toggles(element, block, ctx) {
  const kind = element.type === "checkboxes" ? "checkbox" : "radio";
  const name = keyOf(element, block, ctx);
  const initial = new Set([element.initial_option, ...(element.initial_options ?? [])].filter(Boolean).map((one) => one.value));
  const changed = (event, option) => {
    const boxes = [...event.currentTarget.closest("fieldset").querySelectorAll("input")];
    const selected = element.options.filter((_, i) => boxes[i].checked).map((one) => one.value);
    send(element, block, ctx, kind === "radio" ? { selected_option: option } : { value: selected });
  };
  return h("fieldset", { key: element.action_id, class: "toggles", "data-action": element.action_id },
    h("legend", { class: "hidden" }, "Choose"),
    element.options.map((option) => h("label", { key: option.value, class: "toggle" },
      h("input", { type: kind, name, value: option.value, start: { checked: initial.has(option.value) }, on: { change: (event) => changed(event, option) } }),
      h("span", {}, wording(option.text)))));
}

function picker(type, given) {
  return (element, block, ctx) => h("input", {
    key: element.action_id, type, class: "field", "aria-label": wording(element.placeholder, type), "data-action": element.action_id,
    start: { value: element[given] ?? "" },
    on: { change: (event) => send(element, block, ctx, { value: event.currentTarget.value }) },
  });
}

const DRAW = {
  button, overflow,
  static_select: select, users_select: select, channels_select: select, conversations_select: select,
  radio_buttons: toggles, checkboxes: toggles,
  datepicker: picker("date", "initial_date"),
  timepicker: picker("time", "initial_time"),
  image: (element) => h("span", { class: "quiet" }, element.alt_text),
};

export function drawElement(element, block, ctx) {
  return DRAW[element.type]?.(element, block, ctx) ?? h("span", { class: "quiet" }, `(${element.type})`);
}
