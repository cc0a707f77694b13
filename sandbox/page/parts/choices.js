import { state } from "./store.js";

const asOption = (value, text) => ({ text: { type: "plain_text", text }, value });

// The options of any select, groups flattened; people and channels come from the workspace.
export function choices(element) {
  if (element.type.includes("users_select")) return state.all.slack.users.map((user) => asOption(user.id, user.name));
  if (element.type.includes("channels_select") || element.type.includes("conversations_select")) {
    return state.all.slack.channels.map((channel) => asOption(channel.id, `#${channel.name}`));
  }
  return element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
}

export function chosenOf(element) {
  if (element.initial_option) return element.initial_option;
  const id = element.initial_user ?? element.initial_channel ?? element.initial_conversation;
  return choices(element).find((option) => option.value === id);
}
