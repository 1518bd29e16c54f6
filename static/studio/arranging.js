// Scenes are dragged to another place; the buttons up and down do the same, and send the same form.

import { sendForm } from "./parts.js";

const script = document.getElementById("st-script");
let dragged = null;

script?.addEventListener("dragstart", (event) => {
  if (!event.target.closest?.(".st-grip")) return;
  dragged = event.target.closest("[data-st-scene]");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.stScene);
  event.dataTransfer.setDragImage(dragged, 20, 20);
  dragged.classList.add("st-dragged");
});

script?.addEventListener("dragover", (event) => {
  const place = find(event);
  mark(place);
  if (place) event.preventDefault();
});

script?.addEventListener("drop", (event) => {
  const place = find(event);
  if (!place) return;
  event.preventDefault();
  const form = dragged.querySelector("[data-st-moves]");
  const from = Number(dragged.dataset.stScene);
  const to = place.index - (place.index > from ? 1 : 0);
  end();
  if (to !== from) sendForm(form, null, { to: String(to) });
});

script?.addEventListener("dragend", end);

// Before which scene a scene would be dropped; null where it may not stand: before the opening, after the recap.
function find(event) {
  const over = event.target.closest?.("[data-st-scene]");
  if (!dragged || !over) return null;
  const box = over.getBoundingClientRect();
  const isBelow = event.clientY > box.top + box.height / 2;
  const index = Number(over.dataset.stScene) + (isBelow ? 1 : 0);
  const last = script.querySelectorAll("[data-st-scene]").length - 1;
  return index < 1 || index > last ? null : { over, index, isBelow };
}

function mark(place) {
  for (const one of script.querySelectorAll(".st-before, .st-after")) one.classList.remove("st-before", "st-after");
  place?.over.classList.add(place.isBelow ? "st-after" : "st-before");
}

function end() {
  mark(null);
  dragged?.classList.remove("st-dragged");
  dragged = null;
}
