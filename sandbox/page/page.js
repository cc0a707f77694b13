import { patch } from "./parts/dom.js";
import { onRender, render, start, state, ui } from "./parts/store.js";
import { drawBar, tickClock } from "./parts/clock.js";
import { drawGuide } from "./parts/guide.js";
import { drawWorkspace, followMessages } from "./parts/workspace.js";
import { drawPhones, followTexts } from "./parts/phones.js";
import { drawChart } from "./parts/chart.js";
import { drawSides } from "./parts/sides.js";
import { toast } from "./parts/popups.js";
import { syncModal } from "./parts/modals.js";

const place = (id) => document.getElementById(id);

onRender(() => {
  patch(place("bar"), drawBar());
  patch(place("guide"), drawGuide());
  const keepMessages = followMessages();
  const keepTexts = followTexts();
  patch(place("desk"), [drawWorkspace(), drawSides(), drawPhones(), drawChart()]);
  keepMessages();
  keepTexts();
  for (const notice of state.fresh.splice(0)) if (!notice.user || notice.user === ui.user) toast(notice.text);
  syncModal(place("modal"), place("modal-body"));
});

setInterval(() => tickClock(place("bar")), 500);
start().then(render);
