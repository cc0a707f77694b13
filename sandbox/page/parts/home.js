import { drawBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { state, ui } from "./store.js";
import { viewContext } from "./views.js";

export function drawHome() {
  const home = state.all.slack.home?.[ui.user];
  const view = home?.view ?? home;
  return h("div", { key: `home-${ui.user}`, class: "channel", id: "channel" },
    h("header", { class: "channel-head" }, h("h2", {}, "Home"), h("span", { class: "quiet" }, "Careloop, for you")),
    h("div", { class: "messages home", tabindex: "0", role: "region", "aria-label": "Home" },
      view ? drawBlocks(view.blocks, viewContext(home.id ?? view.id ?? "home")) : h("p", { class: "empty" }, "Careloop has drawn nothing here yet.")));
}
