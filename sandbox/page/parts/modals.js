import { act } from "./acts.js";
import { drawBlocks } from "./blocks.js";
import { forget, missing, valuesOf, viewContext } from "./views.js";
import { h, patch } from "./dom.js";
import { wording } from "./mrkdwn.js";
import { render, state, ui } from "./store.js";

const FIRST = "input:not([type=hidden]), select, textarea";
const topView = () => state.all.slack.views?.[ui.user]?.at(-1);

// The native dialog keeps the focus inside and gives it back; Escape asks to close the view, it does not hide it.
export function syncModal(dialog, body) {
  const top = topView();
  if (!dialog.dataset.wired) wire(dialog);
  if (!top) {
    if (dialog.open) dialog.close();
    patch(body, []);
    ui.errors.clear();
    ui.forms.clear();
    delete dialog.dataset.view;
    return;
  }
  patch(body, drawView(top));
  dialog.setAttribute("aria-label", wording(top.view.title));
  if (!dialog.open) dialog.showModal();
  if (dialog.dataset.view === top.id) return;
  dialog.dataset.view = top.id;
  (body.querySelector(FIRST) ?? body.querySelector("button"))?.focus();
}

function wire(dialog) {
  dialog.dataset.wired = "yes";
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (event.target === dialog) closeTop();
  });
  // A browser may close a dialog at the second Escape without asking: draw it again while the view is open.
  dialog.addEventListener("close", () => topView() && render());
}

function closeTop() {
  const top = topView();
  if (top) act("slack/close_view", { user: ui.user, view_id: top.id }).then((done) => done && forget(top.id));
}

function drawView(top) {
  const { id, view } = top;
  const busy = ui.busy.has(`submit/${id}`);
  return h("form", { key: id, class: "view", novalidate: true, on: { submit: (event) => { event.preventDefault(); submit(top); } } },
    h("div", { class: "dialog-top" },
      h("h2", { class: "dialog-title" }, wording(view.title)),
      h("button", { type: "button", class: "close", "aria-label": "Close", on: { click: closeTop } }, "✕")),
    h("div", { class: "dialog-content" }, drawBlocks(view.blocks, viewContext(id, top.errors))),
    h("div", { class: "dialog-foot" },
      h("button", { type: "button", class: "button plain", on: { click: closeTop } }, wording(view.close, "Cancel")),
      view.submit &&
        h("button", { type: "submit", class: "button primary", "aria-busy": busy || undefined }, wording(view.submit, "Submit"))));
}

async function submit({ id, view }) {
  const blank = missing(id, view.blocks);
  if (Object.keys(blank).length) return complain(id, blank);
  ui.errors.delete(id);
  const answer = await act("slack/submit", { user: ui.user, view_id: id, values: valuesOf(id, view.blocks) }, `submit/${id}`);
  const errors = answer?.answer?.errors;
  if (errors) return complain(id, errors);
}

function complain(id, errors) {
  ui.errors.set(id, errors);
  render();
  setTimeout(() => {
    const wrong = document.querySelector("#modal [aria-invalid=true]");
    (wrong?.matches(FIRST) ? wrong : wrong?.querySelector(FIRST))?.focus();
  }, 0);
}
