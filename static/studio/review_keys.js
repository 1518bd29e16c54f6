// Single keys of the review page. None fires while somebody types, chooses, composes with an input method or has
// a dialog open, and each can be turned off. They open dialogs and never decide.

import { keysAreTaken } from "./keys.js";

const page = document.querySelector("[data-st-review]");
const video = document.getElementById("st-video");
const overlay = document.getElementById("st-keys");
const box = overlay?.querySelector("[data-st-single-keys]");
const KEY = "st-single-keys";
let chord = 0;

if (box) {
  box.checked = localStorage.getItem(KEY) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEY, box.checked ? "on" : "off"));
}

// Before the shell's own listener, which opens another list on "?".
window.addEventListener("keydown", press, { capture: true });

function press(event) {
  if ((box && !box.checked) || event.keyCode === 229 || keysAreTaken(event)) return;
  const target = event.target;
  if (target.closest?.("media-time-range, media-volume-range")) return;
  if ([" ", "Enter"].includes(event.key) && target.closest?.("a, button, summary, label, media-play-button, media-mute-button, media-captions-button, media-fullscreen-button")) return;
  const now = Date.now();
  const deed = event.key === "q" && now - chord < 1500 ? openQueue : DEEDS[event.key];
  chord = event.key === "g" ? now : 0;
  if (!deed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  deed();
}

const DEEDS = {
  " ": () => video && (video.paused ? video.play() : video.pause()),
  ArrowLeft: () => video && (video.currentTime = Math.max(0, video.currentTime - 5)),
  ArrowRight: () => video && (video.currentTime = Math.min(video.duration || 0, video.currentTime + 5)),
  ",": () => document.querySelector("[data-step='-1']")?.click(),
  ".": () => document.querySelector("[data-step='1']")?.click(),
  j: () => stepScene(1),
  k: () => stepScene(-1),
  m: () => stepFinding(1),
  M: () => stepFinding(-1),
  n: () => focusOn(document.getElementById("st-notes")),
  a: () => openOrSay("st-approve"),
  d: () => document.getElementById("st-change")?.click(),
  x: () => document.getElementById("st-reject")?.click(),
  "]": () => document.querySelector("[data-st-next]")?.click(),
  "?": () => document.querySelector("[data-st-open='st-keys']")?.click(),
};

function openQueue() {
  location.href = `${page.querySelector("nav a").pathname}?status__exact=in_review`;
}

function openOrSay(id) {
  const button = document.getElementById(id);
  if (button?.getAttribute("aria-disabled") === "true") focusOn(button); // its description says why
  else button?.click();
}

function stepScene(by) {
  const starts = [...document.querySelectorAll(".st-strip-mark")].map((mark) => Number(mark.dataset.seek));
  if (!video || !starts.length) return;
  const here = starts.findLastIndex((start) => start <= video.currentTime + 0.05);
  const next = Math.min(Math.max(here + by, 0), starts.length - 1);
  video.currentTime = starts[next];
  document.getElementById(`scene-${next + 1}`)?.scrollIntoView({ block: "center" });
}

function stepFinding(by) {
  const all = [...document.querySelectorAll("[data-st-finding]")];
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  const next = here < 0 && by < 0 ? all.length - 1 : (here + by + all.length) % all.length;
  focusOn(all[next]);
  const second = all[next].querySelector("[data-seek]")?.dataset.seek;
  if (video && second !== undefined) video.currentTime = Number(second);
}

function focusOn(element) {
  if (!element) return;
  if (!element.matches("a, button, input, textarea, select, [tabindex]")) element.tabIndex = -1;
  element.focus();
  element.scrollIntoView({ block: "center" });
}
