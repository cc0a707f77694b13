import { read, render, ui } from "./store.js";
import { toast } from "./popups.js";

// One post at a time for one thing (`key`); the answer is the vendor's JSON, or null when it did not work.
export async function act(path, body, key = path) {
  if (ui.busy.has(key)) return null;
  ui.busy.add(key);
  render();
  try {
    return await post(path, body);
  } finally {
    ui.busy.delete(key);
    render();
  }
}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(`/act/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    toast("The demo's server did not answer. Nothing was sent; try again.");
    return null;
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok || said.ok === false) {
    toast(reason(said, answer.status));
    return null;
  }
  read();
  return said;
}

function reason(said, status) {
  const outcome = said.issue?.[0]; // the EHR speaks FHIR: an OperationOutcome
  const detail = said.error ?? said.detail ?? outcome?.diagnostics ?? outcome?.details?.text;
  const words = typeof detail === "string" ? detail : `answered ${status}`;
  return `That was not done: ${words}`;
}
