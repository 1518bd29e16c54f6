// What the review page adds to its forms: dialogs, the gate of what was played, notes that survive a reload,
// evidence on demand, comments on the player's second. Everything but the dialogs works without it.

import { nameZones } from "./zones.js";

const page = document.querySelector("[data-st-review]");
const video = document.getElementById("st-video");

document.querySelector("[data-st-focus]")?.focus();
bindDialogs();
keepDrafts();
bindDecision();
bindEvidence();
bindComment();
endTakeBack();
nameZones();
bindTrying();

// A question as a student meets it: an answer, then the kind explanation.
function bindTrying() {
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-st-try]");
    const box = button?.closest("[data-st-right]");
    if (!box) return;
    const told = box.querySelector("[data-st-told]");
    told.textContent = `${button.dataset.stTry === box.dataset.stRight ? "Right!" : "Not quite."} ${told.dataset.stTold}`;
  });
}

function bindDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-st-open]");
    if (opener) {
      if (opener.getAttribute("aria-disabled") === "true") return;
      openDialog(document.getElementById(opener.dataset.stOpen), opener);
    }
    event.target.closest("[data-st-close]")?.closest("dialog")?.close();
  });
}

function openDialog(dialog, opener) {
  if (!dialog || dialog.open) return;
  fillPreview(dialog);
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("st-opened"));
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
}

// ------------------------------------------------------------------ the decision

function bindDecision() {
  const approve = document.getElementById("st-approve");
  const form = document.getElementById("st-verdict");
  if (!approve || !form) return;
  const excuse = document.getElementById("st-excuse");
  const gate = document.getElementById("st-gate-watched");
  const list = document.getElementById("st-gates");
  let share = gate ? 0 : 1;

  const judge = () => {
    const watched = share >= 0.9;
    const excused = excuse.value.trim().length >= 10;
    if (gate) gate.hidden = watched || excused;
    document.getElementById("st-unwatched").hidden = watched;
    list.hidden = ![...list.children].some((one) => !one.hidden);
    approve.setAttribute("aria-disabled", String(approve.hasAttribute("data-st-gated") || !(watched || excused)));
  };
  document.addEventListener("st-played", (event) => {
    share = Math.max(share, event.detail.share);
    judge();
  });
  excuse.addEventListener("input", judge);
  judge();

  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-st-wants-notes") && !notes().length) {
      event.preventDefault();
      event.submitter.closest("dialog").querySelector("[data-st-no-notes]").hidden = false;
      return;
    }
    for (const button of document.querySelectorAll("[form=st-verdict][type=submit]")) button.setAttribute("aria-disabled", "true");
    if (form.dataset.sent) event.preventDefault(); // a double click is one click
    form.dataset.sent = "1";
  });
}

function notes() {
  return (document.getElementById("st-notes")?.value ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
}

function fillPreview(dialog) {
  const preview = dialog.querySelector("[data-st-preview]");
  if (preview) {
    preview.replaceChildren(...notes().map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    dialog.querySelector("[data-st-no-notes]").hidden = notes().length > 0;
  }
  const unticked = dialog.querySelector("[data-st-unticked]");
  if (unticked) {
    const left = [...document.querySelectorAll("#st-verdict [name=checked]:not(:checked)")].map((box) => box.parentElement.textContent.trim());
    unticked.textContent = left.length ? left.join("; ") : "Everything is ticked";
  }
}

// ------------------------------------------------------------------ drafts, evidence, comments

// What is typed is kept for the film it is about, and forgotten when it is sent.
function keepDrafts() {
  for (const field of document.querySelectorAll("[data-st-draft]")) {
    const key = `st-notes:${field.id}:${field.dataset.stDraft}`;
    if (!field.value) field.value = sessionStorage.getItem(key) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
    field.form?.addEventListener("submit", (event) => event.defaultPrevented || sessionStorage.removeItem(key));
  }
}

function bindEvidence() {
  for (const box of document.querySelectorAll("[data-st-evidence]")) {
    box.addEventListener("toggle", async () => {
      if (!box.open || box.dataset.loaded) return;
      const place = box.querySelector("div");
      const answer = await fetch(box.dataset.stEvidence).catch(() => null);
      if (answer?.ok && !answer.redirected) {
        place.innerHTML = await answer.text();
        box.dataset.loaded = "1";
      } else {
        place.textContent = "The evidence cannot be read now. Close this and open it again.";
      }
    });
  }
}

function bindComment() {
  const form = document.querySelector("[data-st-comment]");
  if (!form) return;
  form.elements.request_id.value = crypto.randomUUID?.() ?? "";
  form.querySelector("[data-st-now]").addEventListener("click", () => {
    if (video) form.elements.at.value = video.currentTime.toFixed(1);
  });
  const about = form.querySelector("[data-st-about]");
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-st-comment-on]");
    if (!button) return;
    for (const name of ["sentence", "on_scene", "on_question", "at"]) form.elements[name].value = button.dataset[name] ?? "";
    about.textContent = `About: ${button.dataset.sentence || button.dataset.stCommentOn}`;
    about.hidden = false;
    form.elements.text.focus();
  });
}

function endTakeBack() {
  const banner = document.querySelector("[data-st-ends]");
  if (banner) setTimeout(() => banner.remove(), 1000 * Number(banner.dataset.stEnds));
}
