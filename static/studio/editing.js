// Who is editing: the lock is taken with the first key in a scene's form, kept alive while the page is open, and
// handed over with what was typed and not saved.

const page = document.querySelector("[data-st-review]");
const bar = document.getElementById("st-lock");
const text = bar?.querySelector("[data-st-lock-text]");
const button = bar?.querySelector("[data-st-lock-button]");
let isMine = false;

if (bar && page.hasAttribute("data-can-edit")) {
  page.addEventListener("input", (event) => {
    if (!isMine && event.target.closest("[data-st-edits]")) send("take");
  });
  setInterval(() => isMine && !document.hidden && send("beat"), 60000);
  addEventListener("pagehide", () => isMine && send("release"));
  button.addEventListener("click", () => send(isMine ? "hand-over" : "ask"));
  if (!bar.hidden) document.dispatchEvent(new CustomEvent("st-lock-held"));
  document.addEventListener("st-lock", (event) => event.detail && show(event.detail));
}

async function send(deed) {
  const draft = {};
  if (deed === "hand-over") {
    for (const field of document.querySelectorAll("[data-st-edits] :is(textarea, input:not([type=hidden]))")) {
      if (field.value !== field.defaultValue) draft[field.id] = field.value;
    }
  }
  const answer = await fetch(page.dataset.lock, {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
    body: JSON.stringify({ do: deed, draft }),
  }).catch(() => null);
  if (!answer || answer.redirected) return;
  const news = await answer.json();
  if (answer.ok) show(news);
  else if (answer.status === 409) say(news.message, "Ask for a hand-over");
}

function show(lock) {
  const was = isMine;
  if (lock.holder) document.dispatchEvent(new CustomEvent("st-lock-held"));
  isMine = lock.is_mine;
  if (lock.is_mine) {
    if (!was) fill(lock.draft);
    if (lock.asked_by) say(`${lock.asked_by} asks to edit. What you have typed and not saved goes with it.`, "Hand over");
    else bar.hidden = true;
  } else if (lock.holder) {
    say(`${lock.holder} is editing this project; you read along.${lock.asked_by ? ` ${lock.asked_by} has asked for a hand-over.` : ""}`, lock.asked_by ? "" : "Ask for a hand-over");
  } else {
    bar.hidden = true;
  }
}

function fill(draft) {
  for (const [id, value] of Object.entries(draft ?? {})) {
    const field = document.getElementById(id);
    if (!field || field.value !== field.defaultValue) continue;
    field.value = value;
    field.closest("details")?.setAttribute("open", "");
  }
}

function say(words, deed) {
  text.textContent = words;
  button.textContent = deed;
  button.hidden = !deed;
  bar.hidden = false;
}
