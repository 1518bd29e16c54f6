// A session that has ended loses nothing: a dialog asks to sign in again, in a window beside this one, and what was
// sent then goes on with a fresh token. Answers that are no answers of the page are said in words.

const page = document.querySelector("[data-st-review]");
const dialog = document.getElementById("st-session");
const ADDRESS = page?.dataset.session;
let waiting = null;

// POSTs a body; asks to sign in again where the session is over, then goes on. null where there is no network.
export async function sendSignedIn(address, body) {
  for (;;) {
    const answer = await post(address, body);
    if (!answer || !isSignedOut(answer)) return answer;
    if (!(await signInAgain())) return answer;
    body.set("csrfmiddlewaretoken", token());
  }
}

async function post(address, body) {
  const headers = { "X-Studio-Parts": "1", "X-CSRFToken": token() };
  return fetch(address, { method: "POST", body, headers }).catch(() => null);
}

// The page's own addresses never redirect a script: only the way to the sign-in page does.
export function isSignedOut(answer) {
  return answer.redirected;
}

export function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

// Asks once, whoever asks; true when the same person is signed in again.
export function signInAgain() {
  waiting ??= new Promise((resolve) => {
    dialog.showModal();
    const look = async () => {
      const state = await readState();
      if (!state) return;
      if (state.person !== page.dataset.person) {
        dialog.querySelector("[data-st-session-state]").textContent = "Somebody else is signed in now. Sign in as before, or load the page again: what is typed here is theirs to see.";
        return;
      }
      for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = state.token;
      stop(true);
    };
    const stop = (isBack) => {
      removeEventListener("focus", look);
      clearInterval(again);
      waiting = null;
      if (dialog.open) dialog.close();
      resolve(isBack);
    };
    const again = setInterval(look, 3000);
    addEventListener("focus", look);
    dialog.addEventListener("close", () => stop(false), { once: true });
  });
  return waiting;
}

async function readState() {
  const answer = await fetch(ADDRESS, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok && !answer.redirected ? answer.json() : null;
}

// A plain form of the page goes its way only while somebody is signed in: a POST into a session that has ended, or
// into no network, would be lost. Before all other listeners, which then hear of the form that really goes.
let isLooking = false;
let isChecked = false;
addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!dialog || isChecked || form.method !== "post" || form.matches("[data-st-parts]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isLooking) return; // a double click is one click
    isLooking = true;
    const { submitter } = event;
    try {
      const answer = await fetch(ADDRESS, { headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer) {
        document.dispatchEvent(new CustomEvent("st-say", { detail: "You are offline. Nothing was sent, and what you typed is here. Try again." }));
        return;
      }
      if (isSignedOut(answer) && !(await signInAgain())) return;
      isChecked = true;
      form.requestSubmit(submitter);
    } finally {
      isChecked = isLooking = false;
    }
  },
  { capture: true },
);

const SAID = {
  403: "You may not do this any more.",
  404: "It is not there any more, or not yours to see.",
  413: "This is too large.",
  429: "So many requests came from you that the studio waits for a moment. Try again in a minute.",
  500: "The studio failed at this.",
  503: "The studio is away for a moment. Try again in a minute.",
};

export function explain(answer) {
  const id = answer.headers.get("X-Request-ID");
  const what = SAID[answer.status] ?? (answer.status >= 500 ? SAID[500] : "This did not work.");
  return `${what} Nothing was changed, and what you typed is here.${id && answer.status >= 500 ? ` If it stays, tell operations: ${id}` : ""}`;
}
