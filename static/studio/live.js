// One poll: every 2 s while runs work, every 10 s in review, none on a hidden tab or at rest (286). It brings
// parts that are no forms, and never touches the player or a selection.

const page = document.querySelector("[data-st-review]");
const POLLED = { generating: 2000, in_review: 10000 };
let usual = POLLED[page.dataset.status];
let wait = usual;
let told = "";

if (usual) later(wait);
document.addEventListener("st-lock-held", () => {
  if (usual) return; // somebody is editing: their page and the others' hear of each other
  usual = wait = 10000;
  later(wait);
});

function later(milliseconds) {
  setTimeout(poll, milliseconds);
}

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => poll(), { once: true });
    return;
  }
  try {
    const answer = await fetch(page.dataset.live, { headers: { Accept: "application/json" } });
    if (answer.redirected) {
      say("Your session has ended. Nothing typed is lost: you are asked to sign in when you send something.");
      return later((wait = 30000));
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const news = await answer.json();
    wait = usual;
    say("");
    for (const [id, html] of Object.entries(news.parts)) swap(document.getElementById(id), html);
    if (news.said !== told) {
      told = news.said;
      document.getElementById("st-said").textContent = told;
    }
    document.dispatchEvent(new CustomEvent("st-lock", { detail: news.lock }));
    if (news.status !== page.dataset.status || (news.film && page.dataset.film && news.film !== page.dataset.film)) {
      turnPage(news.status);
      return;
    }
    if (answer.status === 286) return;
  } catch {
    wait = Math.min(wait * 2, 30000);
    say(`You are offline, or the studio is. Nothing typed is lost. Trying again in ${wait / 1000} s.`);
  }
  later(wait);
}

function swap(part, html) {
  if (!part || part.dataset.shown === html || part.contains(document.activeElement) || isSelected(part)) return;
  part.dataset.shown = html;
  part.innerHTML = html;
}

function isSelected(part) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

function turnPage(status) {
  const typing = [...document.querySelectorAll("textarea, input:not([type=hidden])")].some((field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
  );
  const video = document.getElementById("st-video");
  if (!typing && (!video || video.paused) && page.dataset.status === "generating") {
    location.reload();
    return;
  }
  say(status === page.dataset.status ? "The film was changed meanwhile. " : "This project has moved on meanwhile. ");
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "Load the page to see the result";
  document.getElementById("st-news").append(link);
}

function say(text) {
  const news = document.getElementById("st-news");
  if (!text && news.hidden) return;
  news.textContent = text;
  news.hidden = !text;
}
