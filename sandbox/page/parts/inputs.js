// The input blocks of a modal. Typed values live in ctx.form until the modal is submitted or closed.
import { h } from "./dom.js";
import { choices, chosenOf } from "./choices.js";
import { clockKey, instantOf } from "./times.js";
import { wording } from "./mrkdwn.js";

const idOf = (block, ctx) => `in-${ctx.key}-${block.block_id}`.replace(/[^\w-]/g, "_");

export function startingValue(element) {
  if (element.type === "checkboxes" || element.type.startsWith("multi_")) return (element.initial_options ?? []).map((one) => one.value);
  return element.initial_value ?? element.initial_date ?? element.initial_time ?? element.initial_date_time ?? chosenOf(element)?.value ?? "";
}

function wires(block, ctx, id, error) {
  const element = block.element;
  const notes = [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" ");
  return {
    set: (value) => ctx.form.set(block, value),
    value: ctx.form.get(block, startingValue(element)),
    aria: { "aria-describedby": notes || undefined, "aria-invalid": error ? "true" : undefined, "aria-required": block.optional ? undefined : "true" },
    changed: (value, extra) => block.dispatch_action && ctx.act({ action_id: element.action_id, block_id: block.block_id, value, ...extra }, id),
  };
}

function typed(kind) {
  return (block, id, wire) => {
    const element = block.element;
    const moment = element.type === "datetimepicker";
    const sent = (value) => (moment && value ? instantOf(value).getTime() / 1000 : value);
    return h(element.multiline ? "textarea" : "input", {
      id, class: "field", type: element.multiline ? undefined : kind, rows: element.multiline ? 3 : undefined, autocomplete: "off",
      placeholder: element.placeholder && wording(element.placeholder), maxlength: element.max_length, ...wire.aria,
      start: { value: moment && wire.value ? clockKey(wire.value * 1000) : wire.value },
      on: { input: (event) => wire.set(sent(event.currentTarget.value)), change: (event) => wire.changed(sent(event.currentTarget.value)) },
    });
  };
}

const optionNodes = (options) => options.map((option) => h("option", { key: option.value, value: option.value }, wording(option.text)));

function select(block, id, wire) {
  const options = choices(block.element);
  const change = (event) => {
    wire.set(event.currentTarget.value);
    wire.changed(undefined, { selected_option: options.find((one) => one.value === event.currentTarget.value) });
  };
  return h("select", { id, class: "field", ...wire.aria, start: { value: wire.value }, on: { change } },
    h("option", { key: "", value: "" }, wording(block.element.placeholder, "Choose one")),
    block.element.option_groups
      ? block.element.option_groups.map((group, i) => h("optgroup", { key: i, label: wording(group.label) }, optionNodes(group.options)))
      : optionNodes(options));
}

function toggles(block, id, wire) {
  const many = block.element.type !== "radio_buttons";
  const change = (event) => {
    const on = [...event.currentTarget.closest(".toggles").querySelectorAll("input:checked")].map((box) => box.value);
    wire.set(many ? on : on[0] ?? "");
    const picked = choices(block.element).filter((option) => option.value === on[0]);
    wire.changed(undefined, many ? { value: on } : { selected_option: picked[0] });
  };
  return h("div", { class: "toggles", role: many ? "group" : "radiogroup", "aria-labelledby": `${id}-label`, ...wire.aria },
    choices(block.element).map((option, i) => h("label", { key: option.value, class: "toggle" },
      h("input", {
        id: i ? undefined : id, type: many ? "checkbox" : "radio", name: id, value: option.value,
        start: { checked: [wire.value].flat().includes(option.value) }, on: { change },
      }),
      h("span", {}, wording(option.text), option.description && h("small", { class: "quiet" }, wording(option.description))))));
}

// One file, held as base64 until the form is sent; the sandbox uploads it then, as Slack's client does.
function file(block, id, wire) {
  const change = (event) => {
    const [picked] = event.currentTarget.files;
    if (!picked) return wire.set("");
    const reader = new FileReader();
    reader.onload = () => wire.set({ name: picked.name, content_base64: reader.result.split(",")[1] ?? "" });
    return reader.readAsDataURL(picked);
  };
  const kinds = (block.element.filetypes ?? []).map((kind) => `.${kind}`).join(",");
  return h("input", { id, class: "field", type: "file", accept: kinds || undefined, ...wire.aria, on: { change } });
}

const DRAW = {
  plain_text_input: typed("text"), number_input: typed("number"), email_text_input: typed("email"), url_text_input: typed("url"),
  datepicker: typed("date"), timepicker: typed("time"), datetimepicker: typed("datetime-local"),
  static_select: select, users_select: select, channels_select: select, conversations_select: select,
  radio_buttons: toggles, checkboxes: toggles, file_input: file,
  multi_static_select: toggles, multi_users_select: toggles, multi_channels_select: toggles,
};

export function drawInput(block, ctx) {
  const id = idOf(block, ctx);
  const error = ctx.errors[block.block_id];
  const draw = DRAW[block.element.type];
  return h("div", { class: "b-input" },
    h(draw === toggles ? "p" : "label", { class: "b-label", for: draw === toggles ? undefined : id, id: `${id}-label` }, wording(block.label),
      block.optional && h("span", { class: "quiet" }, " (optional)")),
    draw ? draw(block, id, wires(block, ctx, id, error)) : h("p", { class: "quiet" }, `(${block.element.type})`),
    block.hint && h("p", { class: "quiet", id: `${id}-hint` }, wording(block.hint)),
    error && h("p", { class: "wrong", id: `${id}-error`, role: "alert" }, error));
}
