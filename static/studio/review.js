// The review page without which everything still works: seeking, the current sentence, notes that survive a
// reload, and live progress. A poll never replaces a form, the player or a selection.

const page = document.querySelector("[data-st-review]");
const video = document.getElementById("st-video");

document.querySelector("[data-st-focus]")?.focus();

if (video) {
  followFilm();
  document.querySelector(".st-speeds").hidden = false;
}
keepNotes();
if (page?.dataset.live) pollLater(2000);

function followFilm() {
  const lines = [...document.querySelectorAll("[data-from]")];
  const marks = [...document.querySelectorAll(".st-strip-mark")];

  page.addEventListener("click", (event) => {
    const target = event.target.closest("[data-seek], [data-speed]");
    if (!target) return;
    if (target.dataset.speed) {
      video.playbackRate = Number(target.dataset.speed);
      for (const button of page.querySelectorAll("[data-speed]")) {
        button.setAttribute("aria-pressed", String(button === target));
      }
      return;
    }
    video.currentTime = Number(target.dataset.seek);
    video.play().catch(() => {}); // the browser may want a click on the film itself
  });

  video.addEventListener("timeupdate", () => {
    const now = video.currentTime + 0.05;
    for (const line of lines) {
      line.classList.toggle("st-now", now >= Number(line.dataset.from) && now < Number(line.dataset.to));
    }
    const passed = marks.filter((mark) => Number(mark.dataset.seek) <= now);
    for (const mark of marks) mark.setAttribute("aria-current", String(mark === passed.at(-1)));
  });

  // The picture has captions of its own at the bottom; the track then stands at the top.
  const track = video.querySelector("track");
  if (track && "captionsOnTop" in video.dataset) {
    const lift = () => {
      for (const cue of track.track.cues ?? []) cue.line = 1;
    };
    track.addEventListener("load", lift);
    lift();
  }
}

// What is typed is kept for the film it is about, and forgotten when it is sent.
function keepNotes() {
  for (const field of document.querySelectorAll("[data-st-draft]")) {
    const key = `st-notes:${field.id}:${field.dataset.stDraft}`;
    if (!field.value) field.value = sessionStorage.getItem(key) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
    field.form.addEventListener("submit", () => sessionStorage.removeItem(key));
  }
}

let wait = 2000;

function pollLater(milliseconds) {
  setTimeout(poll, milliseconds);
}

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => poll(), { once: true });
    return;
  }
  try {
    const answer = await fetch(page.dataset.live, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const news = await answer.json();
    wait = 2000;
    say("");
    for (const [id, html] of Object.entries(news.parts)) swap(document.getElementById(id), html);
    if (news.status !== page.dataset.status) {
      turnPage();
      return;
    }
  } catch {
    wait = Math.min(wait * 2, 30000);
    say(`No connection to the studio. Trying again in ${wait / 1000} s.`);
  }
  pollLater(wait);
}

function swap(part, html) {
  if (!part || part.dataset.shown === html) return;
  if (part.contains(document.activeElement)) return;
  part.dataset.shown = html;
  part.innerHTML = html;
}

function turnPage() {
  const typing = [...document.querySelectorAll("textarea, input:not([type=hidden])")].some(
    (field) => field.value !== field.defaultValue,
  );
  if (!typing && (!video || video.paused)) {
    location.reload();
    return;
  }
  say("The work has ended. ");
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
