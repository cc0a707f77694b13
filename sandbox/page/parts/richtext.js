import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { channelName, link, mention } from "./mrkdwn.js";
import { dateTokens } from "./times.js";

const LEAF = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text),
  user: (part) => mention(part.user_id),
  channel: (part) => channelName(part.channel_id),
  emoji: (part) => emojiOf(part.name),
  broadcast: (part) => h("span", { class: "mention" }, `@${part.range}`),
  date: (part) => h("time", {}, dateTokens(part.timestamp, part.format ?? "{date}")),
};

const STYLE = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"]];

function leaf(part) {
  const node = LEAF[part.type]?.(part) ?? part.fallback ?? part.text ?? "";
  return STYLE.reduce((inner, [name, tag]) => (part.style?.[name] ? h(tag, {}, inner) : inner), node);
}

const leaves = (block) => (block.elements ?? []).map(leaf);

const PART = {
  rich_text_section: (block) => h("p", {}, leaves(block)),
  rich_text_quote: (block) => h("blockquote", {}, leaves(block)),
  rich_text_preformatted: (block) => h("pre", {}, leaves(block)),
  rich_text_list: (block) =>
    h(block.style === "ordered" ? "ol" : "ul", { class: `indent-${block.indent ?? 0}` },
      block.elements.map((item) => h("li", {}, leaves(item)))),
};

export const richText = (block) => block.elements.map((part) => PART[part.type]?.(part) ?? null);
