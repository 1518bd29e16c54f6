// Two films on one clock. Neither is loaded before somebody plays or seeks; one is heard.

const films = [...document.querySelectorAll("[data-st-both] video")];
const play = document.querySelector("[data-st-play]");
const clock = document.querySelector("[data-st-clock]");
const heard = document.querySelector("[data-st-heard]");
const DRIFT = 0.12; // seconds that one may be off before it is set again

if (films.length === 2) {
  play.addEventListener("click", () => (films[1].paused ? start() : stop()));
  clock.addEventListener("input", () => {
    load();
    for (const film of films) film.currentTime = Math.min(Number(clock.value), film.duration || Number(clock.value));
  });
  heard.addEventListener("click", () => {
    const isOld = heard.getAttribute("aria-pressed") !== "true";
    heard.setAttribute("aria-pressed", String(isOld));
    films[0].muted = !isOld;
    films[1].muted = isOld;
  });
  for (const film of films) film.addEventListener("loadedmetadata", () => (clock.max = String(Math.max(...films.map((one) => one.duration || 0)))));
  films[1].addEventListener("timeupdate", () => {
    clock.value = String(films[1].currentTime);
    const off = Math.abs(films[0].currentTime - films[1].currentTime);
    if (!films[0].ended && off > DRIFT && !films[0].seeking) films[0].currentTime = films[1].currentTime;
  });
  films[1].addEventListener("ended", stop);
} else {
  play?.closest("[role=group]").remove();
}

function load() {
  for (const film of films) film.src ||= film.dataset.src;
}

function start() {
  load();
  films[0].currentTime = films[1].currentTime;
  for (const film of films) film.play().catch(() => {});
  show("pause", "Pause both");
}

function stop() {
  for (const film of films) film.pause();
  show("play_arrow", "Play both");
}

function show(icon, words) {
  play.firstElementChild.textContent = icon;
  play.lastElementChild.textContent = words;
}
