import { h } from "./dom.js";
import { state, ui } from "./store.js";

export function avatar(name, id, kind = "") {
  const initials = name.split(/\s+/).map((word) => word[0]).filter((letter) => /[\p{L}]/u.test(letter ?? "")).slice(0, 2).join("");
  return h("span", { class: `avatar tone-${tone(id)} ${kind}`, "aria-hidden": "true" }, initials.toUpperCase());
}

function tone(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 6;
}

const digits = (number) => String(number ?? "").replace(/\D/g, "").slice(-10);

// The phone of a patient: an EHR writes numbers its own way, so the last ten digits decide.
export function phoneOf(patientId) {
  const number = digits(state.all.ehr.patients.find((one) => one.id === patientId)?.phone);
  return number ? state.all.phones.phones.find((phone) => digits(phone.number) === number) : undefined;
}

export const isForMe = (message) => !message.deleted && (!message.ephemeral_to || message.ephemeral_to === ui.user);

const place = (channel) => `${ui.user}/${channel.id}`;

export function markSeen(channel) {
  ui.seen.set(place(channel), channel.messages.at(-1)?.ts ?? "0");
}

export function sinceSeen(channel) {
  const seen = Number(ui.seen.get(place(channel)) ?? ui.baseline.get(channel.id) ?? 0);
  return channel.messages.filter((one) => isForMe(one) && Number(one.ts) > seen && one.user !== ui.user).length;
}
