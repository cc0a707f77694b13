// What the server says (state) and what only this window knows (ui). Everything drawn is drawn from these two.

export const state = { version: 0, all: null, online: true, readAt: 0, fresh: [] };

export const ui = {
  user: null,
  channel: null,
  surface: "channel",
  phone: null,
  day: null,
  side: "phones",
  guide: true,
  phi: null,
  threads: new Set(),
  drafts: new Map(),
  seen: new Map(),
  baseline: new Map(),
  forms: new Map(),
  errors: new Map(),
  busy: new Set(),
};

let draw = () => {};
let scheduled = false;
let reading = false;
let again = false;

export function onRender(callback) {
  draw = callback;
}

export function render() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    if (state.all) draw();
  });
}

export function remember(name, value) {
  ui[name] = value;
  try {
    sessionStorage.setItem(`careloop.${name}`, value);
  } catch {
    // A browser that keeps nothing still shows the page; only the choice is not remembered.
  }
  render();
}

function recall(name) {
  try {
    return sessionStorage.getItem(`careloop.${name}`);
  } catch {
    return null;
  }
}

export async function read() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const answer = await fetch("/state.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(`state.json answered ${answer.status}`);
    take(await answer.json());
    state.online = true;
  } catch {
    state.online = false;
    setTimeout(read, 2000);
  } finally {
    reading = false;
  }
  render();
  if (again) {
    again = false;
    read();
  }
}

function take(all) {
  if (!state.all) for (const channel of all.slack.channels) ui.baseline.set(channel.id, channel.messages.at(-1)?.ts ?? "0");
  state.all = all;
  state.version = all.version;
  state.readAt = performance.now();
  takeNotices(all.slack.notices);
  settle(all);
}

// Notices after the last one seen; what was there when the page opened is old.
function takeNotices(notices) {
  const names = notices.map((notice) => JSON.stringify(notice));
  if (state.lastNotice !== undefined) state.fresh.push(...notices.slice(names.lastIndexOf(state.lastNotice) + 1));
  state.lastNotice = names.at(-1) ?? null;
}

// The choices of this window must name something that exists.
function settle(all) {
  const users = all.slack.users;
  if (!users.some((user) => user.id === ui.user)) ui.user = users[0]?.id ?? null;
  const channels = myChannels(all);
  if (!channels.some((channel) => channel.id === ui.channel)) ui.channel = channels[0]?.id ?? null;
  const phones = all.phones.phones;
  if (!phones.some((phone) => phone.number === ui.phone)) ui.phone = latestPhone(phones);
  ui.phi ??= all.phi ?? "full";
  if (all.phi) ui.phi = all.phi;
}

function latestPhone(phones) {
  const lastAt = (phone) => Date.parse(phone.messages.at(-1)?.at ?? 0);
  return [...phones].sort((a, b) => lastAt(b) - lastAt(a))[0]?.number ?? null;
}

export function myChannels(all = state.all) {
  return all.slack.channels.filter((channel) => channel.members.includes(ui.user) || !(channel.private || isDirect(channel)));
}

export const isDirect = (channel) => Boolean(channel.direct);

export const userById = (id) => state.all.slack.users.find((user) => user.id === id);

export function businessNow() {
  const clock = state.all.clock;
  const passed = clock.paused ? 0 : (performance.now() - state.readAt) * clock.rate;
  return new Date(Date.parse(clock.now) + passed);
}

export const zone = () => state.all.clock.zone;

function listen() {
  const live = new EventSource("/live");
  live.onopen = () => read();
  live.onmessage = (event) => {
    if (JSON.parse(event.data).version !== state.version) read();
  };
  live.onerror = () => {
    state.online = false;
    render();
    if (live.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, 2000);
  };
}

export async function start() {
  ui.user = recall("user");
  ui.channel = recall("channel");
  ui.phone = recall("phone");
  await read();
  listen();
}

// The app's shortcuts of one kind: "global", or "message" for the menu of a message.
export const shortcutsOf = (kind) => (state.all.slack.shortcuts ?? []).filter((one) => one.type === kind);
