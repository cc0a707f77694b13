// Slack's mrkdwn as nodes. Text that is not understood stays text.
import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { state, ui, userById } from "./store.js";
import { dateTokens } from "./times.js";

const INLINE = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\w*])|(?<![\w_])_(?!\s)([^_\n]+?)(?<!\s)_(?![\w_])|(?<![\w~])~(?!\s)([^~\n]+?)(?<!\s)~(?![\w~])/;

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescaped = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
const plain = (text) => emojiText(unescaped(text));

// A plain_text object: `:words:` become emoji only where the app asked for it.
export function wording(object, fallback = "") {
  if (!object) return fallback;
  return object.emoji === false ? unescaped(object.text) : plain(object.text);
}

export function mrkdwn(text) {
  const nodes = [];
  let quote = [];
  const flush = () => {
    if (quote.length) nodes.push(h("blockquote", {}, lines(quote.join("\n"))));
    quote = [];
  };
  const rest = [];
  const spill = () => {
    if (rest.length) nodes.push(...lines(rest.join("\n")));
    rest.length = 0;
  };
  for (const line of String(text ?? "").split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (quoted) {
      spill();
      quote.push(quoted[1]);
    } else {
      flush();
      rest.push(line);
    }
  }
  flush();
  spill();
  return nodes;
}

// Line breaks are kept by white-space: pre-line.
const lines = (text) => inline(text);

function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return text ? [plain(text)] : [];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [before && plain(before), token(found), ...inline(after)].filter((node) => node !== "");
}

function token([, block, code, angle, bold, italic, strike]) {
  if (block !== undefined) return h("pre", {}, plain(block.replace(/^\n/, "")));
  if (code !== undefined) return h("code", {}, plain(code));
  if (angle !== undefined) return reference(angle);
  if (bold !== undefined) return h("strong", {}, inline(bold));
  if (italic !== undefined) return h("em", {}, inline(italic));
  return h("s", {}, inline(strike));
}

function reference(inside) {
  const [target, words] = split(inside);
  if (target.startsWith("@")) return mention(target.slice(1), words);
  if (target.startsWith("#")) return channelName(target.slice(1), words);
  if (target.startsWith("!date^")) return date(target, words);
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${words ?? target.slice(1).split("^")[0]}`);
  return link(target, words);
}

function split(inside) {
  const bar = inside.indexOf("|");
  return bar < 0 ? [inside, undefined] : [inside.slice(0, bar), plain(inside.slice(bar + 1))];
}

export function mention(id, words) {
  const mine = id === ui.user ? " mention-me" : "";
  return h("span", { class: `mention${mine}` }, `@${userById(id)?.name ?? words ?? id}`);
}

export function channelName(id, words) {
  const channel = state.all.slack.channels.find((one) => one.id === id);
  return h("span", { class: "mention" }, `#${channel?.name ?? words ?? id}`);
}

function date(target, fallback) {
  const [, epoch, pattern, url] = target.split("^");
  const words = Number.isFinite(Number(epoch)) ? dateTokens(epoch, pattern ?? "{date}") : fallback ?? "";
  return url ? link(url, words) : h("time", {}, words);
}

export const isSafeLink = (url) => /^(https?:\/\/|mailto:|tel:)/i.test(url);

export function link(url, shown) {
  const target = unescaped(url);
  const words = shown || target.replace(/^(mailto|tel):/i, "");
  if (!isSafeLink(target)) return shown || `<${words}>`;
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, words);
}
