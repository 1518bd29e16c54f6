// One card on the screen: the film in its frame, its controls, and the panel of questions over it.

import { art, announce, button, changeArt, el, focusOn, iconButton, note } from "./dom.js";
import { Film } from "./film.js";
import { isKept, keepFilm, letGo, noteUse, NotKept } from "./keep.js";
import { Problem, Unreachable } from "./api.js";
import { record } from "./queue.js";
import { momentOf, Quiz } from "./quiz.js";
import * as panels from "./panels.js";
import { choose, onSettings, settings } from "./settings.js";
import { Watching } from "./watching.js";
import { t } from "./words.js";

const SEEK = 5; // seconds of an arrow key
const PATIENCE = 9000; // ms that a child looks at a film that does not move before being told why
const MOVED = 0.4; // seconds of film; less is a nudge

export class CardView {
  state = "film"; // film, question, feedback, again, done, failed
  #film = null;
  #stop = null; // second at which showing again ends
  #ends = [];
  #isActive = false;
  #readableAt = 0;
  #resumeAt = 0; // where a film that was left goes on
  #hasEnded = false;
  #stall = null; // looks whether it moves, while it should
  #asked = null;

  /** `leave(result)` hears each answer; `next()` goes on. */
  constructor(card, { ageGroup, onresult, next }) {
    this.card = card;
    this.onresult = onresult;
    this.next = next;
    this.quiz = new Quiz(card, momentOf(ageGroup, settings().asking));
    this.watching = new Watching(card);
    this.#build();
  }

  // ------------------------------------------------------------------------- what is seen

  #build() {
    const { card } = this;
    this.video = el("video", { class: "film", tabIndex: -1, "aria-hidden": "true" });
    this.poster = el("img", { class: "poster", alt: "", decoding: "async", draggable: "false" });
    this.captions = el("p", { class: "captions", hidden: true });
    this.tap = el("button", { type: "button", class: "tap", onclick: () => this.toggle() }, art("play", "big-play"));
    this.soundButton = iconButton("sound", t("watch.sound"), () => this.toggleSound());
    this.captionButton = iconButton("captions", t("watch.captions"), () => choose({ captions: !settings().captions }));
    this.seek = el("input", {
      type: "range", class: "seek", min: "0", max: String(card.duration_seconds), step: "0.1", value: "0",
      "aria-label": t("watch.position"),
      oninput: () => this.#jump(Number(this.seek.value)),
    });
    this.lights = el("div", { class: "lights", "aria-hidden": "true" });
    for (const question of card.quiz_questions) {
      const light = el("i");
      light.style.left = `${Math.min(question.taught_at_seconds / card.duration_seconds, 1) * 100}%`;
      this.lights.append(light);
    }
    this.panel = el("div", { class: "panel", hidden: true });
    this.hint = button(t("watch.tapForSound"), () => this.toggleSound(true), { picture: "silent", kind: "chip hint", hidden: true });
    this.spinner = el("div", { class: "spinner", hidden: true }, el("span", { class: "unseen" }, t("watch.loading")));
    this.frame = el(
      "div", { class: "frame" },
      this.poster, this.video, this.tap, this.captions, this.spinner,
      el("div", { class: "top" }, this.hint, this.soundButton, this.captionButton),
      el("div", { class: "line" }, this.lights, this.seek),
      this.panel,
    );
    this.keepButton = iconButton("save", t("watch.keep"), () => this.toggleKept());
    this.heading = el("h2", { class: "title" }, card.title);
    this.node = el(
      "article", { class: "card", "aria-label": card.title },
      this.frame,
      el(
        "div", { class: "info" },
        el("div", { class: "about" }, el("p", { class: "topic" }, card.topic), this.heading, el("p", { class: "why" }, sayWhy(card))),
        el("div", { class: "actions" }, this.keepButton, panels.opinionMenu((kind) => this.#opine(kind))),
      ),
    );
    this.node.dataset.hue = String(hueOf(card.topic));
    this.#listen();
    this.#showSettings();
    this.#showKept();
  }

  #listen() {
    const { video } = this;
    const on = (name, work) => video.addEventListener(name, work);
    on("timeupdate", () => this.#tick());
    on("playing", () => {
      this.watching.move();
      this.spinner.hidden = true;
      this.node.classList.add("has-picture");
      this.#showPlaying();
      this.onplaying?.();
    });
    on("pause", () => this.#showPlaying());
    on("waiting", () => {
      this.spinner.hidden = !this.#isActive || this.state === "failed";
      this.#expect();
    });
    on("seeking", () => this.watching.jump(video.currentTime));
    on("ended", () => this.#ended());
    this.#ends.push(onSettings(() => this.#showSettings()));
    this.#showPlaying();
  }

  #showSettings() {
    const { sound, captions } = settings();
    changeArt(this.soundButton.firstChild, sound ? "sound" : "silent");
    this.soundButton.setAttribute("aria-pressed", String(sound));
    this.captionButton.setAttribute("aria-pressed", String(captions));
    this.captionButton.classList.toggle("is-off", !captions);
    this.captionButton.hidden = !this.#takesCaptions();
    this.video.muted = !sound;
    this.hint.hidden = this.hint.hidden || !sound;
    if (!captions) this.captions.hidden = true;
  }

  async #showKept() {
    const kept = await isKept(this.card.id);
    changeArt(this.keepButton.firstChild, kept ? "check" : "save");
    this.keepButton.setAttribute("aria-label", t(kept ? "watch.kept" : "watch.keep"));
    this.keepButton.title = t(kept ? "watch.kept" : "watch.keep");
    this.keepButton.classList.toggle("is-on", kept);
  }

  #showPlaying() {
    const plays = !this.video.paused && !this.video.ended;
    this.frame.classList.toggle("is-playing", plays);
    this.tap.setAttribute("aria-label", t(plays ? "watch.pause" : "watch.play", { title: this.card.title }));
  }

  // ------------------------------------------------------------------------- its turn

  /** Load the beginning, for the moment when its turn comes. */
  prepare() {
    this.#showPoster();
    if (this.#film || this.card.mode === "recall") return;
    this.#openFilm({ waiting: true });
  }

  /** The small picture: it is there for a second, and must not take the film's place on a slow line. */
  #showPoster() {
    const picture = this.card.thumbnail_url ?? this.card.playback.poster_url;
    if (picture && !this.poster.getAttribute("src")) this.poster.src = picture;
  }

  #openFilm(options) {
    this.#film = new Film(this.card, this.video);
    this.#film.onfail = () => this.#fail();
    this.#film.onmuted = (muted) => (this.hint.hidden = !muted);
    this.#film.load(options).catch(() => this.#fail());
    if (this.#resumeAt > 1) this.video.addEventListener("loadedmetadata", () => this.#jump(this.#resumeAt), { once: true });
    if (this.card.playback.captions_url) this.#openCaptions();
  }

  #openCaptions() {
    const track = el("track", { kind: "captions", src: this.card.playback.captions_url, default: true });
    this.video.append(track);
    track.track.mode = "hidden";
    track.track.addEventListener("cuechange", () => {
      const cue = track.track.activeCues?.[0];
      const shown = Boolean(cue) && settings().captions && this.#takesCaptions();
      this.captions.hidden = !shown;
      if (shown) this.captions.textContent = cue.getCueAsHTML().textContent;
    });
  }

  /** Most films have their words in the picture; over it they come where they are not, or where letters are large. */
  #takesCaptions() {
    return this.card.burned_captions === false || settings().text >= 150;
  }

  activate() {
    if (this.#isActive) return;
    this.#isActive = true;
    this.node.inert = false;
    this.#showPoster();
    if (this.card.kept) noteUse(this.card.id);
    announce(`${this.card.title}. ${sayWhy(this.card)}`);
    if (this.state === "again" || this.state === "failed" || this.state === "sending") this.#rewind();
    if (this.state !== "film") return; // the panel is as it was left
    if (this.card.mode === "recall" && this.quiz.open.length) this.#ask(this.quiz.open[0]);
    else this.play();
  }

  /** What was under way when the card was left begins again. */
  #rewind() {
    this.#stop = null;
    this.#closePanel();
    this.state = "film";
  }

  deactivate() {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.node.inert = true;
    this.watching.tell();
    this.closeFilm();
  }

  /** Something should move soon; where nothing does, say so. Asked again and again, since a film may show signs of
   *  life (a nudge of hls.js, a buffer that is emptied and filled) and yet stand where it stood. */
  #expect() {
    this.watching.wait();
    if (this.#stall !== null) return; // being watched: another sign of life is no movement
    let place = this.video.currentTime;
    let since = performance.now();
    this.#stall = setInterval(() => {
      const { currentTime, paused, ended, readyState } = this.video;
      if (!this.#isActive || !this.#film || ended || (paused && readyState >= 3)) {
        this.#relax(); // left, over, or waiting for a finger
      } else if (Math.abs(currentTime - place) > MOVED) {
        place = currentTime;
        since = performance.now();
      } else if (performance.now() - since > PATIENCE) {
        this.#fail();
      }
    }, 500);
  }

  #relax() {
    clearInterval(this.#stall);
    this.#stall = null;
  }

  closeFilm() {
    this.#relax();
    this.#resumeAt = this.#hasEnded ? 0 : this.video.currentTime;
    this.#film?.release();
    this.#film = null;
    this.node.classList.remove("has-picture");
    this.spinner.hidden = true;
    this.#showPlaying();
  }

  release() {
    this.deactivate();
    this.closeFilm();
    for (const end of this.#ends) end();
    this.#ends = [];
    this.poster.removeAttribute("src");
    this.node.remove();
  }

  play() {
    if (!this.#film) this.#openFilm({});
    this.#film.wake();
    this.spinner.hidden = this.video.readyState >= 3;
    if (this.video.ended) this.video.currentTime = 0;
    this.#expect();
    this.#film.play();
  }

  pause() {
    this.#relax();
    this.#film?.pause();
  }

  toggle() {
    if (this.state === "question" || this.state === "feedback") return;
    if (this.video.paused || this.video.ended) this.play();
    else this.pause();
  }

  toggleSound(on = !settings().sound || this.video.muted) {
    this.hint.hidden = true;
    choose({ sound: on });
    this.video.muted = !on;
  }

  seekBy(seconds) {
    if (this.state === "film") this.#jump(this.video.currentTime + seconds);
  }

  #jump(time) {
    const end = this.video.duration || this.card.duration_seconds;
    this.video.currentTime = Math.max(Math.min(time, end - 0.1), 0); // the end itself is reached by playing
  }

  // ------------------------------------------------------------------------- while it plays

  #tick() {
    const { video } = this;
    if (!this.#isActive) return;
    const end = video.duration || this.card.duration_seconds;
    this.watching.see(video.currentTime, end);
    this.seek.value = String(video.currentTime);
    this.seek.max = String(end);
    this.seek.style.setProperty("--share", `${(video.currentTime / end) * 100}%`);
    this.seek.setAttribute("aria-valuetext", `${clock(video.currentTime)} / ${clock(end)}`);
    for (const [index, light] of [...this.lights.children].entries()) {
      light.classList.toggle("is-lit", this.card.quiz_questions[index].taught_at_seconds <= video.currentTime);
    }
    if (this.#stop !== null && video.currentTime >= this.#stop) this.#shownAgain();
    else if (this.state === "film") {
      const due = this.quiz.dueAt(video.currentTime);
      if (due) this.#ask(due);
    }
  }

  #ended() {
    if (!this.#isActive) return;
    const end = this.video.duration || this.card.duration_seconds;
    this.watching.see(end, end);
    this.watching.finish(end);
    this.#hasEnded = true;
    if (this.#stop !== null) this.#shownAgain();
    else this.#proceed();
  }

  /** The film has ended, or a question is behind us: what now? */
  #proceed() {
    if (this.quiz.isDone) this.#showDone();
    else if (this.card.mode === "recall" || this.#hasEnded) this.#ask(this.quiz.open[0]);
    else this.#continueFilm();
  }

  #continueFilm() {
    this.#closePanel();
    this.state = "film";
    const due = this.quiz.dueAt(this.video.currentTime);
    if (due) this.#ask(due);
    else this.play();
  }

  #fail() {
    if (!this.#isActive) {
      this.closeFilm();
      return;
    }
    this.spinner.hidden = true;
    if (this.state !== "film" && this.state !== "again") return;
    this.state = "failed";
    this.pause();
    this.#openPanel(panels.trouble({ again: () => this.#tryAgain(), next: this.next }));
  }

  #tryAgain() {
    this.#closePanel();
    this.state = "film";
    this.spinner.hidden = false;
    if (this.#film) this.#film.retry();
    else this.#openFilm({});
    this.#expect();
    this.#film.play();
  }

  // ------------------------------------------------------------------------- questions

  #openPanel(content) {
    this.panel.replaceChildren(content);
    this.panel.hidden = false;
    this.frame.classList.add("has-panel");
    this.tap.inert = true;
    focusOn(this.panel.querySelector("[data-focus]"));
  }

  #closePanel() {
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.frame.classList.remove("has-panel");
    this.tap.inert = false;
  }

  #ask(question) {
    this.pause();
    this.state = "question";
    this.#asked = question;
    const number = this.quiz.questions.indexOf(question) + 1;
    this.#openPanel(
      panels.question({
        text: question.question,
        step: t("quiz.step", { number, of: this.quiz.questions.length }),
        isRecall: this.card.mode === "recall",
        lamps: this.quiz.lamps.map((kind, place) => (place === number - 1 ? "asked" : kind)),
        answer: (said) => this.answer(said),
      }),
    );
    // Measured from when it can be read: after the panel has come to rest.
    this.#readableAt = 0;
    const moving = this.panel.getAnimations({ subtree: true }).map((one) => one.finished.catch(() => {}));
    Promise.all(moving).then(() => requestAnimationFrame(() => (this.#readableAt ||= performance.now())));
  }

  /** Yes or no to the question on the screen; a second tap on the way changes nothing. */
  async answer(said) {
    if (this.state !== "question") return;
    this.state = "sending";
    const took = performance.now() - (this.#readableAt || performance.now());
    this.panel.classList.add("is-sending");
    let result;
    try {
      result = await this.quiz.answer(this.#asked, said, took);
    } catch (error) {
      // The film was taken away, or the answer is not one any more: go on kindly.
      this.quiz.results.set(this.#asked.index, { is_correct: null, gone: error instanceof Problem });
      result = this.quiz.results.get(this.#asked.index);
    }
    this.panel.classList.remove("is-sending");
    this.onresult?.(result);
    if (!this.#isActive) return;
    this.state = "feedback";
    const question = this.#asked;
    this.#openPanel(
      panels.feedback({ result, question: question.question, said, again: () => this.#showAgain(question), next: () => this.#proceed() }),
    );
  }

  /** “Show me again”: the sentence that teaches it, then back to where we were. */
  #showAgain(question) {
    const stretch = Quiz.stretchOf(question, this.video.duration || this.card.duration_seconds);
    this.#closePanel();
    this.state = "again";
    this.#stop = stretch.until;
    if (!this.#film) this.#openFilm({});
    const start = () => {
      this.#jump(stretch.from);
      this.play();
    };
    if (this.video.readyState >= 1) start();
    else this.video.addEventListener("loadedmetadata", start, { once: true });
  }

  #shownAgain() {
    this.#stop = null;
    this.pause();
    this.state = "feedback";
    this.#openPanel(panels.shownAgain({ again: () => this.#showAgain(this.#asked), next: () => this.#proceed() }));
  }

  #showDone() {
    this.pause();
    this.state = "done";
    this.#openPanel(
      panels.done({
        quiz: this.quiz,
        next: this.next,
        watchFilm: this.card.mode === "recall" && this.quiz.notYet > 0 ? () => this.#watchWhole() : null,
      }),
    );
  }

  #watchWhole() {
    this.#closePanel();
    this.state = "film";
    this.#stop = null;
    this.video.currentTime = 0;
    this.play();
  }

  // ------------------------------------------------------------------------- keeping, opinions

  async toggleKept() {
    const { id, title } = this.card;
    if (await isKept(id)) {
      await letGo(id);
      note(t("keep.gone", { title }));
    } else {
      this.keepButton.classList.add("is-busy");
      try {
        await keepFilm(id, (share) => this.keepButton.style.setProperty("--share", String(share)));
        note(t("keep.done", { title }));
      } catch (error) {
        note(sayNotKept(error));
      }
      this.keepButton.classList.remove("is-busy");
    }
    this.#showKept();
  }

  #opine(kind) {
    if (kind === "report") return this.#report();
    record("opinion", { video_id: this.card.id, kind });
    note(t(`opinion.${kind}.thanks`));
    if (kind === "not_interested") this.next();
    return undefined;
  }

  /** Something is wrong with the film: a kind, no words. What frightens or hurts is not shown on. */
  async #report() {
    const wasPlaying = !this.video.paused;
    this.pause();
    const kind = await panels.askWhatIsWrong();
    if (!kind) {
      if (wasPlaying) this.play();
      return;
    }
    record("report", { video_id: this.card.id, kind });
    const isHurt = kind === "frightening" || kind === "unkind";
    if (isHurt) record("opinion", { video_id: this.card.id, kind: "not_interested" });
    note(t(isHurt ? "report.thanksHurt" : "report.thanks"));
    this.next();
  }

  key(event) {
    const pressed = event.key.toLowerCase();
    if (this.state === "question" && (pressed === t("quiz.yesKey") || pressed === t("quiz.noKey"))) {
      this.answer(pressed === t("quiz.yesKey"));
      return true;
    }
    if (pressed === " " && event.target.tagName !== "BUTTON") this.toggle();
    else if (pressed === "m") this.toggleSound();
    else if (pressed === "c") choose({ captions: !settings().captions });
    else if (pressed === "arrowright" && event.target !== this.seek) this.seekBy(SEEK);
    else if (pressed === "arrowleft" && event.target !== this.seek) this.seekBy(-SEEK);
    else return false;
    return true;
  }
}

export function sayNotKept(error) {
  if (error instanceof NotKept) return t(`keep.${error.code}`);
  return t(error instanceof Unreachable ? "keep.later" : "error.other");
}

/** The first reason in the child's language; the server's own sentence where we have none. */
function sayWhy(card) {
  const reason = card.reasons?.[0];
  if (reason && reason !== "recall") {
    const words = t(`why.${reason}`);
    if (words !== `why.${reason}`) return words;
  }
  return reason === "recall" ? t("why.recall") : (card.why ?? "");
}

/** One of six colours for a topic, the same on every device. */
export function hueOf(topic) {
  let sum = 0;
  for (const letter of topic) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 6;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
