// A time is written in UTC and read in the person's own zone as well, by name.
//   <input type="datetime-local" data-st-zone="id">   the element of that id says what the time is here
//   <span data-st-utc="2030-01-31T09:00:00Z">         gets the time here in brackets; with data-st-short, only the clock

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const say = (moment, parts) => new Intl.DateTimeFormat([], { ...parts, timeZone: ownZone }).format(moment);
const sayWhole = (moment) => `${say(moment, { dateStyle: "medium", timeStyle: "short" })}, ${ownZone}`;

export function nameZones() {
  for (const field of document.querySelectorAll("[data-st-zone]")) {
    const note = document.getElementById(field.dataset.stZone);
    const show = () => {
      note.textContent = field.value ? `That is ${sayWhole(new Date(`${field.value}Z`))}.` : "";
    };
    field.addEventListener("input", show);
    show();
  }
  for (const text of document.querySelectorAll("[data-st-utc]")) {
    const moment = new Date(text.dataset.stUtc);
    text.textContent = "stShort" in text.dataset ? ` (${sayShort(moment, text)} here)` : ` (${sayWhole(moment)})`;
  }
}

// The clock, and the weekday where it is another day than the one the text stands on (data-st-day around it).
function sayShort(moment, text) {
  const here = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: ownZone }).format(moment);
  const stands = text.closest("[id^=day-]")?.id.slice("day-".length);
  const clock = say(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return here === stands ? clock : `${say(moment, { weekday: "short" })} ${clock}`;
}
