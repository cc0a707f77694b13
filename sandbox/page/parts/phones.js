import { act } from "./acts.js";
import { avatar } from "./people.js";
import { dayKey, longDay, time } from "./times.js";
import { h } from "./dom.js";
import { remember, state, ui } from "./store.js";

const QUICK = ["1", "can we do next tues afternoon?", "chest pain since this morning", "STOP"];

export function phoneInWords(number) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `(${us[1]}) ${us[2]}-${us[3]}` : number;
}

const nameOf = (phone) => phone.name || phoneInWords(phone.number);

const heard = new Map();

function isFresh(phone) {
  const count = phone.messages.length;
  if (!heard.has(phone.number) || phone.number === ui.phone) heard.set(phone.number, count);
  return heard.get(phone.number) < count;
}

export function drawPhones() {
  const phones = state.all.phones.phones;
  const chosen = phones.find((phone) => phone.number === ui.phone);
  return h("section", { key: "phones", class: "panel phones side-phones", "aria-labelledby": "phones-title", id: "phones" },
    h("header", { class: "panel-head" }, h("h2", { id: "phones-title" }, "Patients' phones")),
    phones.length ? phoneList(phones) : h("p", { key: "none", class: "empty" }, "No phone yet."),
    chosen && chat(chosen));
}

function phoneList(phones) {
  return h("ul", { key: "list", class: "plain-list phone-list", "aria-label": "Phones" }, phones.map((phone) => {
    const last = phone.messages.at(-1);
    return h("li", { key: phone.number }, h("button", {
      type: "button", class: `phone-pick${isFresh(phone) ? " fresh" : ""}`, "aria-current": phone.number === ui.phone ? "true" : undefined,
      "data-phone": phone.number, on: { click: () => remember("phone", phone.number) },
    },
    avatar(nameOf(phone), phone.number),
    h("span", { class: "phone-words" },
      h("span", { class: "phone-name" }, nameOf(phone)),
      h("span", { class: "phone-last" }, last ? last.body : phoneInWords(phone.number))),
    isFresh(phone) && h("span", { class: "dot" }, h("span", { class: "hidden" }, "new text"))));
  }));
}

function chat(phone) {
  return h("div", { key: `chat-${phone.number}`, class: "handset" },
    h("p", { class: "handset-head" }, h("strong", {}, nameOf(phone)), h("span", { class: "quiet" }, phoneInWords(phone.number))),
    h("div", { class: "texts", tabindex: "0", role: "log", "aria-label": `Texts on the phone of ${nameOf(phone)}` },
      phone.messages.length ? h("ol", { class: "plain-list" }, bubbles(phone)) : h("p", { class: "empty" }, "No texts yet.")),
    h("div", { class: "quick", role: "group", "aria-label": "Quick replies" }, QUICK.map((words) =>
      h("button", { key: words, type: "button", class: "chip", on: { click: () => text(phone, words) } }, words))),
    replyBox(phone));
}

function bubbles(phone) {
  const items = [];
  let day = null;
  for (const message of phone.messages) {
    const itsDay = dayKey(message.at);
    if (itsDay !== day) items.push(h("li", { key: `day-${itsDay}`, class: "day" }, h("span", {}, longDay(message.at))));
    day = itsDay;
    const mine = message.direction === "in";
    items.push(h("li", { key: message.sid, class: `bubble ${mine ? "mine" : "theirs"}`, "data-sid": message.sid },
      h("span", { class: "hidden" }, mine ? `${nameOf(phone)}: ` : "Clinic: "),
      h("p", { class: "bubble-body" }, message.body),
      h("p", { class: `bubble-foot ${FAILED.has(message.status) ? "wrong" : ""}` }, time(message.at), message.status && ` · ${status(message)}`)));
  }
  return items;
}

const FAILED = new Set(["failed", "undelivered"]);

function status(message) {
  const code = message.error_code ? ` (${message.error_code})` : "";
  return message.status.replace("_", " ") + code;
}

function replyBox(phone) {
  const key = `phone/${phone.number}`;
  const send = async (box) => {
    const words = box.value.trim();
    if (!words || !(await text(phone, words)) || box.value.trim() !== words) return;
    box.value = "";
    ui.drafts.delete(key);
  };
  return h("form", { class: "composer", on: { submit: (event) => { event.preventDefault(); send(event.currentTarget.querySelector("input")); } } },
    h("input", {
      class: "composer-box", type: "text", autocomplete: "off", "aria-label": `Text as ${nameOf(phone)}`, placeholder: `Text as ${nameOf(phone).split(" ")[0]}`,
      start: { value: ui.drafts.get(key) ?? "" }, on: { input: (event) => ui.drafts.set(key, event.currentTarget.value) },
    }),
    h("button", { type: "submit", class: "button primary send" }, "Send"));
}

const text = (phone, body) => act("phones/text", { from_number: phone.number, body }, `text/${phone.number}/${body}`);

export function choosePhone(number) {
  ui.side = "phones";
  remember("phone", number);
}

let shownOn = null;

export function followTexts() {
  const before = document.querySelector(".texts");
  const chosen = shownOn !== ui.phone;
  const follow = chosen || !before || before.scrollHeight - before.scrollTop - before.clientHeight < 60;
  shownOn = ui.phone;
  return () => {
    const after = document.querySelector(".texts");
    if (after && follow) after.scrollTop = after.scrollHeight;
    if (chosen) document.querySelector(".phone-pick[aria-current]")?.scrollIntoView({ block: "nearest" });
  };
}
