import { act } from "./acts.js";
import { avatar, sinceSeen } from "./people.js";
import { drawChannel } from "./channel.js";
import { drawHome } from "./home.js";
import { h } from "./dom.js";
import { isDirect, myChannels, remember, render, state, ui, userById } from "./store.js";

export function drawWorkspace() {
  return h("section", { key: "workspace", class: "panel workspace", "aria-label": "Workspace" },
    h("div", { key: "rail", class: "rail" },
      h("h2", { class: "rail-team" }, state.all.slack.name ?? "Clinic workspace"),
      h("nav", { class: "rail-nav", "aria-label": "Channels" }, homeLink(), channelList()),
      actAs()),
    ui.surface === "home" ? drawHome() : drawChannel());
}

function homeLink() {
  const here = ui.surface === "home";
  const open = () => {
    ui.surface = "home";
    render();
    act("slack/open_home", { user: ui.user });
  };
  return h("button", { key: "home", type: "button", class: "rail-item", "aria-current": here ? "page" : undefined, on: { click: open } },
    h("span", { class: "rail-sign", "aria-hidden": "true" }, "⌂"), h("span", { class: "rail-name" }, "Home"));
}

function channelList() {
  return h("ul", { key: "channels", class: "plain-list" }, myChannels().map((channel) => {
    const here = ui.surface === "channel" && channel.id === ui.channel;
    const fresh = here ? 0 : sinceSeen(channel);
    return h("li", { key: channel.id }, h("button", {
      type: "button", class: `rail-item${fresh ? " fresh" : ""}`, "aria-current": here ? "page" : undefined, "data-channel": channel.id,
      on: { click: () => openChannel(channel.id) },
    },
    h("span", { class: "rail-sign", "aria-hidden": "true" }, sign(channel)),
    h("span", { class: "rail-name" }, channelTitle(channel)),
    channel.private && !isDirect(channel) && h("span", { class: "hidden" }, " (private)"),
    fresh > 0 && h("span", { class: "count" }, String(fresh), h("span", { class: "hidden" }, " new"))));
  }));
}

const sign = (channel) => (isDirect(channel) ? "@" : channel.private ? "◆" : "#");

export function channelTitle(channel) {
  if (!isDirect(channel)) return channel.name;
  return userById(channel.members.find((id) => id !== ui.user && userById(id)))?.name ?? "Careloop";
}

export function openChannel(id) {
  ui.surface = "channel";
  remember("channel", id);
}

function actAs() {
  return h("fieldset", { key: "actas", class: "actas" },
    h("legend", {}, "Act as"),
    state.all.slack.users.map((user) => h("label", { key: user.id, class: "person" },
      h("input", {
        type: "radio", name: "act-as", value: user.id, start: { checked: user.id === ui.user },
        on: { change: () => remember("user", user.id) },
      }),
      avatar(user.name, user.id),
      h("span", { class: "person-words" },
        h("span", { class: "person-name" }, user.name),
        h("span", { class: "person-title" }, user.title)))));
}

// Stay at the newest message when the reader was there; otherwise leave the scroll alone.
let shownIn = null;

export function followMessages() {
  const before = document.querySelector(".messages");
  const where = `${ui.user}/${ui.channel}/${ui.surface}`;
  const follow = shownIn !== where || !before || before.scrollHeight - before.scrollTop - before.clientHeight < 60;
  shownIn = where;
  return () => {
    const after = document.querySelector(".messages");
    if (after && follow && ui.surface === "channel") after.scrollTop = after.scrollHeight;
  };
}
