import { act } from "./acts.js";
import { avatar, isForMe, markSeen } from "./people.js";
import { channelTitle } from "./workspace.js";
import { dayInWords, dayKey, longDay, time } from "./times.js";
import { drawBlocks } from "./blocks.js";
import { drawComposer } from "./composer.js";
import { h } from "./dom.js";
import { isDirect, render, shortcutsOf, state, ui, userById } from "./store.js";
import { mrkdwn } from "./mrkdwn.js";

export function drawChannel() {
  const channel = state.all.slack.channels.find((one) => one.id === ui.channel);
  if (!channel) return h("div", { key: "nochannel", class: "channel" }, h("p", { class: "empty" }, "No channel yet."));
  markSeen(channel);
  const title = channelTitle(channel);
  return h("div", { key: `channel-${ui.user}-${channel.id}`, class: "channel", id: "channel" },
    h("header", { class: "channel-head" },
      h("h2", {}, isDirect(channel) ? title : `#${title}`),
      h("span", { class: "quiet" }, channel.private ? `private, ${channel.members.length} members` : `${channel.members.length} members`)),
    h("div", { class: "messages", role: "log", tabindex: "0", "aria-label": `Messages in ${title}` }, messageList(channel)),
    drawComposer(channel, { label: `Message ${isDirect(channel) ? title : `#${title}`}` }));
}

function messageList(channel) {
  const mine = channel.messages.filter(isForMe);
  const roots = mine.filter((one) => !one.thread_ts || one.thread_ts === one.ts || !mine.some((other) => other.ts === one.thread_ts));
  if (!roots.length) return h("p", { class: "empty" }, "Nothing here yet. Cards and messages appear by themselves.");
  const items = [];
  let day = null;
  for (const message of roots) {
    const itsDay = dayKey(message.at);
    if (itsDay !== day) items.push(h("li", { key: `day-${itsDay}`, class: "day" }, h("span", {}, dayTitle(message.at))));
    day = itsDay;
    items.push(drawMessage(message, channel, mine.filter((one) => one.thread_ts === message.ts && one.ts !== message.ts)));
  }
  return h("ol", { class: "plain-list" }, items);
}

function dayTitle(at) {
  const word = dayInWords(at);
  return word ? word[0].toUpperCase() + word.slice(1) : longDay(at);
}

function author(message) {
  const user = userById(message.user);
  if (user) return { name: user.name, id: user.id, app: false };
  return { name: message.username ?? "Careloop", id: "careloop", app: true };
}

function drawMessage(message, channel, replies = []) {
  const who = author(message);
  const card = Boolean(message.blocks?.length);
  return h("li", { key: `m-${message.ts}-${message.ephemeral_to ?? ""}`, class: `message${message.ephemeral_to ? " whisper" : ""}`, "data-ts": message.ts },
    who.app ? h("span", { class: "avatar app-mark", "aria-hidden": "true" }) : avatar(who.name, who.id),
    h("div", { class: "message-main" },
      message.ephemeral_to && h("p", { class: "whisper-mark" }, "Only visible to you"),
      h("p", { class: "byline" },
        h("strong", {}, who.name), who.app && h("span", { class: "app-tag" }, "app"),
        h("time", { class: "quiet", datetime: message.at }, time(message.at)),
        message.edited && h("span", { class: "quiet" }, "(edited)")),
      card
        ? h("div", { class: `card${message.ephemeral_to ? " flat" : ""}`, role: "group", "aria-label": message.text || "Card" }, drawBlocks(message.blocks, cardContext(message, channel)))
        : h("div", { class: "b-text said" }, mrkdwn(message.text)),
      pictures(message),
      !message.ephemeral_to && thread(message, channel, replies)));
}

// Uploaded pictures as Slack shows them: small, one beside the other, whole in a tab of their own.
function pictures(message) {
  if (!message.files?.length) return null;
  return h("ul", { class: "pictures", "aria-label": "Pictures" }, message.files.map((file) =>
    h("li", { key: file.id }, h("a", { href: `/slack/shown/${file.id}`, target: "_blank", rel: "noopener", title: file.title },
      h("img", { src: `/slack/shown/${file.id}`, alt: file.alt_txt || file.title, loading: "lazy" })))));
}

function cardContext(message, channel) {
  const where = { user: ui.user, channel: channel.id, ts: message.ts };
  return {
    key: `card/${ui.user}/${message.ts}`,
    act: (payload, key) => act("slack/click", { ...where, ...payload }, key),
    errors: {},
  };
}

function thread(message, channel, replies) {
  const id = `${channel.id}/${message.ts}`;
  const open = ui.threads.has(id);
  const flip = () => {
    if (open) ui.threads.delete(id);
    else ui.threads.add(id);
    render();
  };
  const words = replies.length ? `${replies.length} ${replies.length === 1 ? "reply" : "replies"}` : "Reply in thread";
  const menu = author(message).app ? [] : shortcutsOf("message");
  const use = (one) => act("slack/shortcut", { user: ui.user, callback_id: one.callback_id, channel: channel.id, ts: message.ts }, `${id}/${one.callback_id}`);
  return h("div", { class: "thread" },
    h("button", { type: "button", class: `thread-toggle${replies.length ? "" : " faint"}`, "aria-expanded": String(open), on: { click: flip } }, words),
    menu.map((one) => h("button", { key: one.callback_id, type: "button", class: "thread-toggle faint", on: { click: () => use(one) } }, one.name)),
    open && h("div", { class: "thread-body" },
      h("ol", { class: "plain-list" }, replies.map((reply) => drawReply(reply, channel))),
      drawComposer(channel, { label: "Reply in thread", threadTs: message.ts })));
}

function drawReply(reply, channel) {
  const who = author(reply);
  return h("li", { key: `r-${reply.ts}`, class: "reply" },
    h("p", { class: "byline" }, h("strong", {}, who.name), h("time", { class: "quiet", datetime: reply.at }, time(reply.at)), reply.edited && h("span", { class: "quiet" }, "(edited)")),
    reply.blocks?.length ? h("div", { class: "card flat" }, drawBlocks(reply.blocks, cardContext(reply, channel))) : h("div", { class: "b-text said" }, mrkdwn(reply.text)),
    pictures(reply));
}
