// The project list: how many rows are selected, rows that open on demand, and one poll for all rows at work.
// Nothing is sorted anew under the pointer, and no cell but the progress is touched.

const rows = document.querySelector(".st-rows");
const form = rows?.closest("form");

if (form) {
  const say = () => {
    const count = form.querySelectorAll("input[name=project]:checked").length;
    document.getElementById("st-picked").textContent = count ? `${count} selected` : "";
  };
  form.addEventListener("change", say);
  form.addEventListener("reset", () => setTimeout(say));
  window.addEventListener("pageshow", say);
  say();
  rows.addEventListener("click", open);
  if (working().length) setTimeout(poll, 5000);
}

async function open(event) {
  const button = event.target.closest("[data-st-open]");
  if (!button) return;
  const panel = document.getElementById(button.getAttribute("aria-controls"));
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  panel.hidden = isOpen;
  if (isOpen || panel.childElementCount) return;
  panel.textContent = "Loading …";
  try {
    const answer = await fetch(button.dataset.stOpen);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    panel.innerHTML = await answer.text();
  } catch {
    panel.textContent = "This could not be loaded. Close and open it to try again.";
  }
}

function working() {
  return [...rows.querySelectorAll("[data-st-working]")];
}

let wait = 5000;

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", poll, { once: true });
    return;
  }
  const query = working().map((cell) => `id=${cell.dataset.stWorking}`).join("&");
  try {
    const answer = await fetch(`${rows.dataset.stStates}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const news = await answer.json();
    wait = 5000;
    for (const [key, html] of Object.entries(news.cells)) {
      const cell = document.getElementById(`state-${key}`);
      if (cell.dataset.shown !== html) cell.innerHTML = html;
      cell.dataset.shown = html;
      if (!news.working.includes(key)) delete cell.dataset.stWorking;
    }
    for (const cell of working()) {
      if (!(cell.dataset.stWorking in news.cells)) delete cell.dataset.stWorking;
    }
  } catch {
    wait = Math.min(wait * 2, 60000);
  }
  if (working().length) setTimeout(poll, wait);
}
