// Menus, questions and short notices. They live outside the redrawn parts, so an update never closes them.
import { h, patch } from "./dom.js";
import { isSafeLink, mrkdwn, wording } from "./mrkdwn.js";

let openOne = null;

export function openMenu(button, label, items) {
  const again = openOne?.button === button;
  openOne?.close();
  if (again) return;
  const menu = document.createElement("div");
  const close = (refocus) => {
    if (openOne?.menu !== menu) return;
    openOne = null;
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    if (refocus && button.isConnected) button.focus();
  };
  openOne = { menu, button, close };
  build(menu, label, items, close);
  (button.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  placeNear(menu, button);
  button.setAttribute("aria-expanded", "true");
  menu.querySelector("[role=menuitem]")?.focus();
}

function build(menu, label, items, close) {
  menu.className = "menu";
  menu.popover = "auto";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", label);
  menu.addEventListener("toggle", (event) => event.newState === "closed" && close(menu.contains(document.activeElement)));
  menu.addEventListener("keydown", (event) => steer(event, menu, close));
  patch(menu, items.map((item, i) => h("button", {
    key: i, type: "button", role: "menuitem", tabindex: "-1", class: "menu-item",
    on: { click: () => { close(true); if (item.url && isSafeLink(item.url)) window.open(item.url, "_blank", "noopener"); item.pick(); } },
  }, h("span", {}, item.label), item.hint && h("small", { class: "quiet" }, item.hint))));
}

const STEP = { ArrowDown: 1, ArrowUp: -1 };

function steer(event, menu, close) {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const to = { Home: 0, End: items.length - 1 }[event.key] ?? (event.key in STEP ? (at + STEP[event.key] + items.length) % items.length : null);
  if (to !== null) items[to].focus();
  else if (event.key === "Escape" || event.key === "Tab") close(true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function placeNear(menu, button) {
  const spot = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = spot.bottom + 4 + size.height < innerHeight;
  menu.style.top = `${Math.max(8, below ? spot.bottom + 4 : spot.top - size.height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(spot.left, innerWidth - size.width - 8))}px`;
}

// A dialog of our own; `draw(done)` gives its nodes, and done(result) ends it. Escape ends it with null.
export function openDialog(label, draw) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog small";
    dialog.setAttribute("aria-label", label);
    let result = null;
    const done = (value) => {
      result = value;
      dialog.close();
    };
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    patch(dialog, draw(done));
    dialog.showModal();
  });
}

// Block Kit's confirm object: true when the person goes on.
export async function ask(confirm) {
  const text = confirm.text.type === "mrkdwn" ? mrkdwn(confirm.text.text) : wording(confirm.text);
  const style = confirm.style === "danger" ? "danger" : "primary";
  const answer = await openDialog(wording(confirm.title), (done) => [
    h("h2", { class: "dialog-title" }, wording(confirm.title)),
    h("div", { class: "dialog-content b-text" }, text),
    h("div", { class: "dialog-foot" },
      h("button", { type: "button", class: "button plain", on: { click: () => done(false) } }, wording(confirm.deny)),
      h("button", { type: "button", class: `button ${style}`, on: { click: () => done(true) } }, wording(confirm.confirm))),
  ]);
  return answer === true;
}

export function toast(words) {
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = words;
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 7000);
}
