// The calendar: the person's own zone among the choices, times in both zones, and films dragged from day to day.
// Whatever a drag does, the form behind “Move” and “Give a date” does as well.

import { nameZones, ownZone } from "./zones.js";

const select = document.getElementById("calendar-zone");
if (![...select.options].some((option) => option.value === ownZone)) {
  select.append(new Option(`${ownZone} (yours)`, ownZone));
}
for (const text of document.querySelectorAll("[data-st-short]")) {
  if (select.value === ownZone) text.remove(); // said once already
}
nameZones();

const form = document.getElementById("st-drop");
let film = null;

document.addEventListener("dragstart", (event) => {
  film = event.target.closest?.("[data-st-film]") ?? null;
  if (!film) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", film.dataset.stFilm);
});

document.addEventListener("dragend", () => {
  film = null;
  mark(null);
});

document.addEventListener("dragover", (event) => {
  const day = film && form ? event.target.closest?.("[data-st-day]") : null;
  mark(day);
  if (day) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const day = film && form ? event.target.closest?.("[data-st-day]") : null;
  if (!day) return;
  event.preventDefault();
  if (day.contains(film)) return;
  if (film.dataset.stPlace) {
    const address = new URL(film.dataset.stPlace, location.href); // which hour, the form asks
    address.searchParams.set("day", day.dataset.stDay);
    location.assign(address);
    return;
  }
  form.elements.project.value = film.dataset.stFilm;
  form.elements.was.value = film.dataset.stWas;
  form.elements.day.value = day.dataset.stDay;
  form.requestSubmit();
});

function mark(day) {
  for (const other of document.querySelectorAll(".st-day-over")) if (other !== day) other.classList.remove("st-day-over");
  day?.classList.add("st-day-over");
}
