import { act } from "./acts.js";
import { ui } from "./store.js";

// What a view's blocks may do: act at once, or keep typed values in the form of this view.
export function viewContext(viewId, said = {}) {
  if (!ui.forms.has(viewId)) ui.forms.set(viewId, new Map());
  const values = ui.forms.get(viewId);
  const name = (block) => `${block.block_id}\n${block.element.action_id}`;
  return {
    key: `view/${viewId}`,
    act: (payload, key) => act("slack/view_action", { user: ui.user, view_id: viewId, ...payload }, key),
    errors: { ...said, ...ui.errors.get(viewId) },
    form: {
      get: (block, start) => {
        if (!values.has(name(block))) values.set(name(block), start);
        return values.get(name(block));
      },
      set: (block, value) => values.set(name(block), value),
    },
  };
}

export function valuesOf(viewId, blocks) {
  const context = viewContext(viewId);
  const values = {};
  for (const block of blocks.filter((one) => one.type === "input")) {
    values[block.block_id] = { [block.element.action_id]: context.form.get(block, "") };
  }
  return values;
}

export function missing(viewId, blocks) {
  const context = viewContext(viewId);
  const empty = (block) => [context.form.get(block, "")].flat().join("").trim() === "";
  const blank = blocks.filter((block) => block.type === "input" && !block.optional && empty(block));
  return Object.fromEntries(blank.map((block) => [block.block_id, "Please fill this in."]));
}

export function forget(viewId) {
  ui.forms.delete(viewId);
  ui.errors.delete(viewId);
}
