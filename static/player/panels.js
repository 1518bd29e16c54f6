// What lies over a film: a question, what came of it, the end of a card, a network that is away.

import { art, ask, button, el, iconButton } from "./dom.js";
import { spoken, t } from "./words.js";

export function question({ text, step, isRecall, lamps, answer }) {
  return el(
    "div", { class: "ask" },
    el("div", { class: "steps-done" }, el("p", { class: "step" }, isRecall ? `${t("quiz.remember")} · ${step}` : step), rowOfLamps(lamps)),
    el(
      "div", { class: "said" },
      el("div", { class: "bubble" }, el("h3", { tabIndex: -1, "data-focus": true }, text), readAloud(text)),
      art("firefly", "firefly"),
    ),
    el(
      "div", { class: "answers", role: "group", "aria-label": t("quiz.choose") },
      target("yes", "sun", answer),
      target("no", "moon", answer),
    ),
  );
}

function target(kind, picture, answer) {
  return el(
    "button",
    { type: "button", class: `answer is-${kind}`, onclick: () => answer(kind === "yes"), "aria-keyshortcuts": t(`quiz.${kind}Key`) },
    art(picture, "answer-art"),
    el("span", {}, t(`quiz.${kind}`)),
  );
}

/** For those who cannot read well yet, by a voice of the device; none that would send the text away. */
function readAloud(text) {
  const voices = globalThis.speechSynthesis?.getVoices().filter((voice) => voice.localService) ?? [];
  const page = document.documentElement.lang;
  const voice = voices.find((one) => one.lang.startsWith("en")) ?? voices.find((one) => one.lang.startsWith(page));
  if (!voice) return null;
  return iconButton("speak", t("quiz.readAloud"), () => {
    const said = new SpeechSynthesisUtterance(text);
    said.voice = voice;
    speechSynthesis.cancel();
    speechSynthesis.speak(said);
  });
}

export function feedback({ result, question: asked, said, again, next }) {
  const mood = result.is_correct === true ? "right" : result.is_correct === false ? "notYet" : "waiting";
  const badge = (result.analytics?.achievements_unlocked ?? []).map((code) => el("p", { class: "badge-new" }, art("me"), el("span", {}, t("quiz.badge"))))[0];
  return el(
    "div", { class: `told is-${mood}` },
    art(mood === "right" ? "firefly" : mood === "notYet" ? "firefly-dim" : "firefly-away", "firefly"),
    el("h3", { tabIndex: -1, "data-focus": true }, t(result.gone ? "quiz.gone" : `quiz.${mood}`)),
    el("p", { class: "asked" }, asked),
    result.is_correct !== null && el("p", { class: "truth" }, t(result.correct_answer ? "quiz.truthYes" : "quiz.truthNo")),
    el("p", { class: "why-so", lang: spoken() === "en" ? null : "en" }, result.explanation || (mood === "waiting" && !result.gone ? t("quiz.waitingMore") : "")),
    badge,
    el(
      "div", { class: "row" },
      !result.gone && button(t("quiz.again"), again, { picture: "again", kind: "quiet" }),
      button(t("quiz.next"), next, { kind: "main" }),
    ),
  );
}

/** One light a question: lit when it was right, with a ring while it is asked. */
const rowOfLamps = (lamps) => el("div", { class: "lamps", "aria-hidden": "true" }, lamps.map((kind) => el("i", { class: `lamp is-${kind}` })));

export function shownAgain({ again, next }) {
  return el(
    "div", { class: "told" },
    art("firefly", "firefly"),
    el("h3", { tabIndex: -1, "data-focus": true }, t("quiz.shown")),
    el("div", { class: "row" }, button(t("quiz.onceMore"), again, { picture: "again", kind: "quiet" }), button(t("quiz.next"), next, { kind: "main" })),
  );
}

export function done({ quiz, next, watchFilm }) {
  const total = quiz.questions.length;
  return el(
    "div", { class: "told" },
    art(quiz.right || !total ? "firefly" : "firefly-dim", "firefly"),
    el("h3", { tabIndex: -1, "data-focus": true }, total ? (quiz.right ? t("done.right", { count: quiz.right }) : t("done.open")) : t("done.seen")),
    total > 0 && rowOfLamps(quiz.lamps),
    quiz.notYet > 0 && el("p", {}, t("done.back", { count: quiz.notYet })),
    el(
      "div", { class: "row" },
      watchFilm && button(t("done.watch"), watchFilm, { picture: "play", kind: "quiet" }),
      button(t("done.next"), next, { kind: "main", picture: "down" }),
    ),
  );
}

export function trouble({ again, next }) {
  return el(
    "div", { class: "told" },
    art("firefly-away", "firefly"),
    el("h3", { tabIndex: -1, "data-focus": true }, t("watch.failed")),
    el("p", {}, t("watch.failedMore")),
    el("div", { class: "row" }, button(t("watch.next"), next, { kind: "quiet" }), button(t("watch.again"), again, { picture: "again", kind: "main" })),
  );
}

const WRONGS = ["frightening", "unkind", "wrong", "broken"];

/** What is wrong with a film, from a list; nothing is written. Resolves to the kind, null where nothing is. */
export function askWhatIsWrong() {
  return ask(t("report.title"), t("report.lead"), (end) =>
    el(
      "div", { class: "stack" },
      WRONGS.map((kind) => button(t(`report.${kind}`), () => end(kind), { picture: "flag", kind: "quiet wide start" })),
      button(t("report.nothing"), () => end(null), { kind: "main wide" }),
    ));
}

/** “More like this”, “not for me” and “something is wrong”, behind one button. */
export function opinionMenu(choose) {
  const list = el("div", { class: "menu", hidden: true });
  const toggle = iconButton("opinion", t("opinion.open"), () => show(list.hidden), { "aria-expanded": "false" });
  const show = (open) => {
    list.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open) list.querySelector("button").focus();
  };
  for (const [kind, picture] of [["more", "more"], ["not_interested", "less"], ["report", "flag"]]) {
    list.append(
      button(t(`opinion.${kind}`), () => {
        show(false);
        toggle.focus(); // what opens over the page gives the focus back to it
        choose(kind);
      }, { picture, kind: "quiet" }),
    );
  }
  const box = el("div", { class: "menu-box" }, toggle, list);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.stopPropagation();
    show(false);
    toggle.focus();
  });
  return box;
}
