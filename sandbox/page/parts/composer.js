import { act } from "./acts.js";
import { h } from "./dom.js";
import { shortcutsOf, ui } from "./store.js";

// Enter sends, Shift+Enter breaks the line. A first word with a slash is a command.
export function drawComposer(channel, { label, threadTs }) {
  const key = `${ui.user}/${channel.id}/${threadTs ?? ""}`;
  const send = (box) => say(box, channel, key, threadTs);
  return h("form", {
    key: `composer-${key}`, class: "composer",
    on: { submit: (event) => { event.preventDefault(); send(event.currentTarget.querySelector("textarea")); } },
  },
  h("textarea", {
    class: "composer-box", rows: "1", "aria-label": label, placeholder: threadTs ? "Reply…" : "Message or /command",
    start: { value: ui.drafts.get(key) ?? "" },
    on: {
      input: (event) => ui.drafts.set(key, event.currentTarget.value),
      keydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        send(event.currentTarget);
      },
    },
  }),
  !threadTs && shortcutsOf("global").map((one) => h("button", {
    key: one.callback_id, type: "button", class: "button", title: one.name, "aria-label": one.name,
    on: { click: () => act("slack/shortcut", { user: ui.user, callback_id: one.callback_id }, `${key}/${one.callback_id}`) },
  }, "⚡")),
  h("button", { type: "submit", class: "button primary send" }, "Send"));
}

async function say(box, channel, key, threadTs) {
  const text = box.value.trim();
  if (!text) return;
  const command = !threadTs && /^(\/[\w-]+)\s*([\s\S]*)$/.exec(text);
  const sent = command
    ? await act("slack/command", { user: ui.user, channel: channel.id, command: command[1], text: command[2] }, key)
    : await act("slack/message", { user: ui.user, channel: channel.id, text, ...(threadTs && { thread_ts: threadTs }) }, key);
  if (!sent || box.value.trim() !== text) return;
  box.value = "";
  ui.drafts.delete(key);
}
