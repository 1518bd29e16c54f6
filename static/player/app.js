// The player: who is here, which screen is shown, and what outlives screens (queue, service worker, language).

import { call, forgetAccess, onSignedOut, openSession, Problem, signOut as endSession } from "./api.js";
import { startClock } from "./clock.js";
import { art, el, focusOn, note } from "./dom.js";
import { loadHls, startFilms } from "./film.js";
import { letGoOfAll, renewKept } from "./keep.js";
import * as queue from "./queue.js";
import { onSettings, startSettings, takePreferences } from "./settings.js";
import * as account from "./screens/account.js";
import { GuardianScreen } from "./screens/guardian.js";
import { KeptScreen } from "./screens/kept.js";
import { MeScreen } from "./screens/me.js";
import { SettingsScreen } from "./screens/settings.js";
import { WatchScreen } from "./screens/watch.js";
import * as store from "./store.js";
import { t } from "./words.js";

const brand = document.body.dataset.brand;
const channel = new BroadcastChannel("player-app");
let profile = null;
let shown = null;
let because = ""; // why somebody has to sign in again
let reloadWhenMoving = false;

// --------------------------------------------------------------------------- screens

const OPEN = {
  "/welcome": () => account.welcome(),
  "/sign-up": () => account.signUp({ entered }),
  "/sign-in": () => account.signIn({ signedIn, username: profile?.username ?? "", because }),
  "/recover": () => account.recover({ entered }),
  "/about": () => account.about(),
};
const OWN = {
  "/": () => new WatchScreen({ profile }),
  "/kept": () => new KeptScreen({ waiting }),
  "/me": () => new MeScreen({ profile }),
  "/settings": () => new SettingsScreen({ profile, signOut, erased, changed, reload: show }),
  "/guardian": () => new GuardianScreen({ profile }),
};
const NAVIGATION = [["/", "watch", "nav.watch"], ["/kept", "kept", "nav.kept"], ["/me", "me", "nav.me"]];

const place = () => location.hash.slice(1) || "/";

function go(path) {
  if (place() === path) show();
  else location.hash = path;
}

function make(path) {
  if (OPEN[path]) return OPEN[path]();
  if (!profile) return account.welcome();
  if (OWN[path]) return OWN[path]();
  const kept = /^\/kept\/([\w-]+)$/.exec(path)?.[1];
  if (kept) return new WatchScreen({ profile, kept: kept === "all" ? "" : kept });
  return OWN["/"]();
}

function show() {
  if (reloadWhenMoving) return location.reload();
  const path = place();
  shown?.leave?.();
  shown = make(path);
  const isFirst = !document.querySelector("#main[data-ready]");
  const hasFrame = profile && !OPEN[path];
  document.getElementById("app").replaceChildren(
    ...[
      el("a", { class: "skip", href: "#main", onclick: (event) => {
        event.preventDefault();
        focusOn(document.getElementById("main"));
      } }, t("nav.skip")),
      hasFrame && navigation(path),
      el("main", { id: "main", tabIndex: -1, class: shown instanceof WatchScreen ? "is-watch" : "is-page", "data-ready": true }, shown.node),
    ].filter(Boolean),
  );
  document.title = shown.title === brand ? brand : `${shown.title} – ${brand}`;
  scrollTo(0, 0);
  shown.start?.();
  if (!isFirst) focusOn(shown.node.querySelector("h1"));
  return undefined;
}

function navigation(path) {
  const items = NAVIGATION.map(([to, picture, key]) => {
    const isHere = to === "/" ? path === "/" : path.startsWith(to) || (to === "/me" && /^\/(settings|guardian)/.test(path));
    return el("li", {}, el("a", { href: `#${to}`, "aria-current": isHere ? "page" : null }, art(picture), el("span", {}, t(key))));
  });
  return el("nav", { class: "bar", "aria-label": t("nav.label") }, el("ul", {}, items));
}

const waitingListeners = [];
function waiting(listener) {
  waitingListeners.push(queue.onQueue(listener));
  queue.count().then(listener);
}

// --------------------------------------------------------------------------- who is here

async function take(student) {
  profile = student;
  because = "";
  await store.setValue("profile", student);
  await takePreferences(student.learning_preferences);
  queue.useStudent(student.id);
}

async function changed(student) {
  await take(student);
  show();
}

/** A new account, or one recovered: its code is shown once, then the feed. */
async function entered(student, code) {
  await take(student);
  channel.postMessage("signed-in");
  shown?.leave?.();
  shown = account.recoveryCode({ code, done: () => go("/") });
  document.getElementById("main").replaceChildren(shown.node);
  document.title = `${shown.title} – ${brand}`;
  focusOn(shown.node.querySelector("h1"));
}

async function signedIn() {
  const { value } = await call("GET", "student/me");
  // Another child on the same device: films of the first stay no longer.
  if (profile && profile.id !== value.id) await letGoOfAll();
  await take(value);
  channel.postMessage("signed-in");
  go("/");
}

async function forget() {
  profile = null;
  queue.useStudent(null);
  forgetAccess();
  for (const key of ["profile", "progress"]) await store.dropValue(key);
  await letGoOfAll();
}

/** What waits is delivered first; where that cannot be, it stays until the same child signs in again. */
async function signOut() {
  await queue.deliver();
  await endSession().catch(() => {});
  await forget();
  channel.postMessage("signed-out");
  go("/welcome");
}

async function erased() {
  await store.clear("queue");
  await forget();
  channel.postMessage("signed-out");
  go("/welcome");
  note(t("settings.erased"));
}

onSignedOut(() => {
  // The session has ended. Kept films stay playable; the feed needs the password once more.
  if (!profile || OPEN[place()]) return;
  because = t("signIn.again");
  go("/sign-in");
});

channel.onmessage = ({ data }) => {
  if (data === "signed-in" || data === "signed-out") location.reload();
};

// --------------------------------------------------------------------------- releases of the player

async function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  const hadOne = Boolean(navigator.serviceWorker.controller);
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne && !asked) return; // the first one of this device changes nothing on the page
    if (asked) location.reload();
    else reloadWhenMoving = true; // another tab took the new release; no film is cut for it
  });
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const offer = (worker) =>
    note(t("update.ready"), {
      label: t("update.go"),
      stay: true,
      action: () => {
        asked = true;
        worker.postMessage("take-over");
      },
    });
  if (registration.waiting && hadOne) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) offer(worker);
    });
  });
}

/** Kept films live on while they are offered; what was withdrawn does not stay on a child's device. */
async function lookAfterKept() {
  try {
    const gone = await renewKept();
    if (gone) note(t("keep.withdrawn", { count: gone }));
  } catch {
    // Later: at the next start, or when the network returns.
  }
}

async function start() {
  profile = (await store.value("profile")) ?? null;
  if (profile) {
    openSession();
    loadHls(); // beside the words and the feed: nearly every browser needs it for the first film
  }
  await Promise.all([startSettings(), startClock()]);
  onSettings(() => {});
  addEventListener("hashchange", show);
  addEventListener("online", () => profile && lookAfterKept());
  if (profile) {
    startFilms();
    queue.useStudent(profile.id);
  }
  show();
  startWorker().catch(() => {});
  if (!profile) return;
  try {
    const { value } = await call("GET", "student/me");
    if (JSON.stringify(value) !== JSON.stringify(profile)) await take(value);
    await lookAfterKept();
  } catch (error) {
    if (!(error instanceof Problem)) return; // no network: what is kept is shown
  }
}

start();
