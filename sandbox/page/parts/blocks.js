// Block Kit to nodes. `ctx` says what a click does: act(payload), form and errors of a view, and a key prefix.
import { h } from "./dom.js";
import { drawElement } from "./elements.js";
import { drawInput } from "./inputs.js";
import { isSafeLink, mrkdwn, wording } from "./mrkdwn.js";
import { richText } from "./richtext.js";

export function drawText(text) {
  if (!text) return null;
  return text.type === "mrkdwn" ? mrkdwn(text.text) : wording(text);
}

const header = (block) => h("h3", { class: "b-header" }, drawText(block.text));

function section(block, ctx) {
  return h("div", { class: "b-section" },
    h("div", { class: "b-section-body" },
      block.text && h("div", { class: "b-text" }, drawText(block.text)),
      block.fields && h("ul", { class: "b-fields" }, block.fields.map((field) => h("li", { class: "b-text" }, drawText(field))))),
    block.accessory && h("div", { class: "b-accessory" }, drawElement(block.accessory, block, ctx)));
}

function context(block) {
  return h("ul", { class: "b-context" }, block.elements.map((part) =>
    h("li", {}, part.type === "image" ? picture(part, "b-context-image") : h("span", { class: "b-text" }, drawText(part)))));
}

function actions(block, ctx) {
  return h("div", { class: "b-actions", role: "group", "aria-label": "Actions" },
    block.elements.map((element) => drawElement(element, block, ctx)));
}

function picture(part, kind) {
  const url = part.image_url ?? part.slack_file?.url ?? "";
  const local = url.startsWith("/") || url.startsWith("data:image/") || url.startsWith(location.origin);
  if (local) return h("img", { class: kind, src: url, alt: part.alt_text ?? "" });
  const words = part.alt_text || "picture";
  return isSafeLink(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, `Picture: ${words}`) : words;
}

const image = (block) =>
  h("figure", { class: "b-figure" }, picture(block, "b-image"), block.title && h("figcaption", {}, drawText(block.title)));

function table(block) {
  const cell = (one, tag) => h(tag, {}, one.type === "rich_text" ? richText(one) : String(one.text ?? ""));
  return h("div", { class: "b-table" }, h("table", {},
    h("tbody", {}, block.rows.map((row, i) => h("tr", {}, row.map((one) => cell(one, i ? "td" : "th")))))));
}

function chart(block) {
  const rows = block.chart.segments ?? block.chart.series.flatMap((one) => one.data);
  const most = Math.max(...rows.map((row) => row.value), 0) || 1;
  return h("figure", { class: "b-chart" }, h("figcaption", {}, h("strong", {}, block.title)),
    h("ul", { class: "plain-list" }, rows.map((row) => h("li", { key: row.label },
      h("span", {}, row.label), h("meter", { min: 0, max: most, value: row.value, "aria-label": row.label }), h("span", { class: "quiet" }, String(row.value))))));
}

const DRAW = {
  header, section, context, actions, image, table, data_visualization: chart,
  divider: () => h("hr", {}),
  rich_text: (block) => h("div", { class: "b-rich" }, richText(block)),
  markdown: (block) => h("div", { class: "b-text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*"))),
  input: drawInput,
};

export function drawBlocks(blocks, ctx) {
  return (blocks ?? []).map((block, i) => {
    const drawn = DRAW[block.type]?.(block, ctx) ?? h("p", { class: "quiet" }, `(a ${block.type} block, which this page does not draw)`);
    return h("div", { class: `b b-is-${block.type}`, key: block.block_id ?? `n${i}` }, drawn);
  });
}
