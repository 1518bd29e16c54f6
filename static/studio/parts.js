// Acts of the review page that change parts of it: the form is sent, the parts that the act changed are swapped,
// and everything else stays as it is: the player, what is typed, what is open, and the focus. Without this file
// the same forms load the page again.

import { explain, sendSignedIn } from "./session.js";

const page = document.querySelector("[data-st-review]");
const toast = document.getElementById("st-toast");
let hides = 0;

page?.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-st-parts]") || event.defaultPrevented) return;
  event.preventDefault();
  sendForm(form, event.submitter);
});

// Sends a form in the background; true where the act was done. A second click waits for the first to end.
export async function sendForm(form, submitter, extra = {}) {
  if (page.dataset.busy) return false;
  page.dataset.busy = "1";
  const body = new FormData(form, submitter);
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const focus = submitter?.id || document.activeElement?.id;
  try {
    const answer = await sendSignedIn(submitter?.getAttribute("formaction") || form.getAttribute("action"), body);
    const news = answer && isJson(answer) ? await answer.json() : null;
    if (!news) {
      say(answer ? explain(answer) : "You are offline. Nothing was changed, and what you typed is here. Try again.", true);
      return false;
    }
    if (answer.ok) form.reset(); // what was typed into it is done with
    for (const [id, html] of Object.entries(news.parts)) swap(document.getElementById(id), html);
    page.dataset.film = news.film;
    giveFocus(focus);
    say(news.said, !answer.ok);
    return answer.ok;
  } finally {
    delete page.dataset.busy;
  }
}

function isJson(answer) {
  return (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
}

function swap(part, html) {
  if (!part) return;
  const typed = new Map();
  for (const field of part.querySelectorAll("textarea[id], input[id]:not([type=hidden], [type=file])")) {
    if (field.value !== field.defaultValue) typed.set(field.id, field.value);
  }
  const chosen = [...part.querySelectorAll("input[id]:is([type=radio], [type=checkbox])")].filter((box) => box.checked !== box.defaultChecked);
  const picked = [...part.querySelectorAll("select[id]")].filter((one) => one.selectedOptions[0] && !one.selectedOptions[0].defaultSelected);
  const open = [...part.querySelectorAll("details[id][open]")].map((one) => one.id);
  part.innerHTML = html;
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  for (const old of chosen) {
    const box = document.getElementById(old.id);
    if (box) box.checked = old.checked;
  }
  for (const old of picked) {
    const list = document.getElementById(old.id);
    if ([...(list?.options ?? [])].some((one) => one.value === old.value)) list.value = old.value;
  }
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  part.dispatchEvent(new CustomEvent("st-swapped", { bubbles: true }));
}

// The same control, wherever its scene stands now; its pair where it leads nowhere any more.
function giveFocus(id) {
  const control = document.getElementById(id);
  const pair = { up: "down", down: "up" }[id?.split("-")[0]];
  const wanted = control?.disabled && pair ? document.getElementById(id.replace(/^\w+/, pair)) : control;
  (wanted ?? document.getElementById("undo"))?.focus();
}

document.addEventListener("st-say", (event) => say(event.detail, true));

export function say(words, isWrong = false) {
  clearTimeout(hides);
  toast.hidden = false;
  toast.classList.toggle("st-stop", isWrong);
  toast.firstElementChild.textContent = words;
  hides = setTimeout(() => (toast.hidden = true), isWrong ? 20000 : 8000);
}
