import { act } from "./acts.js";
import { dayAndTime } from "./times.js";
import { freeSlots } from "./chart.js";
import { h } from "./dom.js";
import { openDialog, toast } from "./popups.js";

// The patient books by another way than Careloop: the front desk, the portal, a call.
export async function bookFor(patient, name) {
  const free = freeSlots();
  if (!free.length) return toast("There is no free slot. Nothing was booked.");
  const slot = await openDialog(`Book elsewhere for ${name}`, (done) => form(name, free, done));
  if (slot) await act("ehr/book", { patient, slot }, `book/${patient}`);
}

function form(name, free, done) {
  return h("form", { on: { submit: (event) => { event.preventDefault(); done(event.currentTarget.querySelector("select").value); } } },
    h("h2", { class: "dialog-title" }, `Book elsewhere for ${name}`),
    h("div", { class: "dialog-content" },
      h("p", { class: "quiet" }, "As if the front desk or the portal had booked it: Careloop hears of it from the EHR."),
      h("label", { class: "b-label", for: "book-slot" }, "Slot"),
      h("select", { id: "book-slot", class: "field" }, free.slice(0, 80).map((slot) =>
        h("option", { key: slot.id, value: slot.id }, [dayAndTime(slot.start), slot.practitioner].filter(Boolean).join(" · "))))),
    h("div", { class: "dialog-foot" },
      h("button", { type: "button", class: "button plain", on: { click: () => done(null) } }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, "Book")));
}
