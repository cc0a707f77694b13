import { businessNow, zone } from "./store.js";

const made = new Map();

export function format(at, options) {
  const key = zone() + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat("en-US", { timeZone: zone(), ...options }));
  return made.get(key).format(new Date(at));
}

export const time = (at) => format(at, { hour: "numeric", minute: "2-digit" }).toLowerCase();
export const dayName = (at) => format(at, { weekday: "short", month: "short", day: "numeric" });
export const longDay = (at) => format(at, { weekday: "long", month: "long", day: "numeric" });
export const dayAndTime = (at) => `${dayName(at)}, ${time(at)}`;

// A day in the clinic's zone as "2026-11-25": compares and sorts as text.
export function dayKey(at) {
  const [month, day, year] = format(at, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/");
  return `${year}-${month}-${day}`;
}

export function clockKey(at) {
  const hour = format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${dayKey(at)}T${hour}`;
}

export function shiftDay(key, days) {
  return new Date(Date.parse(`${key}T12:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
}

// Noon of a day is the same day in every zone of the Americas and Europe: safe to name a day with.
export const middayOf = (key) => instantOf(`${key}T12:00`);

// "2026-11-26T09:00" on the clinic's wall becomes an instant.
export function instantOf(wall) {
  const asUtc = Date.parse(`${wall}:00Z`);
  const once = asUtc - offset(asUtc);
  return new Date(asUtc - offset(once));
}

function offset(instant) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(new Date(instant));
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return wall - Math.floor(instant / 1000) * 1000;
}

export function nextMorning() {
  const now = businessNow();
  const today = dayKey(now);
  const nine = instantOf(`${today}T09:00`);
  return now < nine ? nine : instantOf(`${shiftDay(today, 1)}T09:00`);
}

export function dayInWords(at) {
  const today = dayKey(businessNow());
  const day = dayKey(at);
  if (day === today) return "today";
  if (day === shiftDay(today, -1)) return "yesterday";
  if (day === shiftDay(today, 1)) return "tomorrow";
  return null;
}

export function when(at) {
  const word = dayInWords(at);
  if (word === "today") return time(at);
  return word ? `${word} ${time(at)}` : dayAndTime(at);
}

const DATE = {
  date_num: (at) => dayKey(at),
  date: (at) => format(at, { month: "long", day: "numeric", year: "numeric" }),
  date_short: (at) => format(at, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (at) => format(at, { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  time: (at) => time(at),
  time_secs: (at) => format(at, { hour: "numeric", minute: "2-digit", second: "2-digit" }).toLowerCase(),
  ago: (at) => ago(at),
};

// Slack's <!date^…> tokens; a token it does not know stays as written.
export function dateTokens(epoch, pattern) {
  const at = new Date(Number(epoch) * 1000);
  return pattern.replace(/\{(\w+?)(_pretty)?\}/g, (whole, name, pretty) => {
    if (!(name in DATE)) return whole;
    return (pretty && dayInWords(at)) || DATE[name](at);
  });
}

function ago(at) {
  const minutes = Math.round((businessNow() - at) / 60000);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (Math.abs(minutes) < 60) return words.format(-minutes, "minute");
  if (Math.abs(minutes) < 1440) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}
