// Films on this device: what there is, how much room it takes, and taking more along.

import { art, button, el, iconButton, link, note } from "../dom.js";
import { address, bytesOf, endsSoon, isOver, keepNext, keptFilms, letGo, MOST_BYTES, MOST_FILMS, onKept } from "../keep.js";
import { sayNotKept } from "../card.js";
import { day, megabytes, t } from "../words.js";

export class KeptScreen {
  title = t("nav.kept");

  constructor({ waiting }) {
    this.bar = el("div", { class: "space" });
    this.list = el("ul", { class: "films" });
    this.progress = el("p", { class: "hint", role: "status" });
    this.take = button(t("kept.take"), () => this.#take(), { picture: "save", kind: "main" });
    this.all = link(t("kept.play"), "#/kept/all", { picture: "play", kind: "quiet" });
    this.waiting = el("p", { class: "hint" });
    this.node = el(
      "section", { class: "page" },
      el("h1", { tabIndex: -1 }, t("nav.kept")),
      el("p", { class: "lead" }, t("kept.lead")),
      this.bar,
      el("div", { class: "row" }, this.take, this.all),
      this.progress, this.waiting, this.list,
    );
    this.#end = onKept(() => this.start());
    waiting((count) => (this.waiting.textContent = count ? t("kept.waiting", { count }) : ""));
  }

  #end;

  async start() {
    const films = await keptFilms();
    const bytes = bytesOf(films);
    const meter = el("div", { class: "meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": String(MOST_BYTES), "aria-valuenow": String(bytes), "aria-label": t("kept.space") }, el("i", {}));
    meter.style.setProperty("--share", `${(bytes / MOST_BYTES) * 100}%`);
    this.bar.replaceChildren(meter, el("p", {}, t("kept.used", { films: films.length, most: MOST_FILMS, bytes: megabytes(bytes), room: megabytes(MOST_BYTES) })));
    this.all.hidden = films.every(isOver);
    this.list.replaceChildren(...films.map((film) => this.#row(film)));
    if (!films.length) this.list.append(el("li", { class: "nothing" }, art("firefly-away", "firefly"), el("p", {}, t("kept.nothing"))));
  }

  #row(film) {
    return el(
      "li", { class: "film-row" },
      film.kinds.includes("poster") ? el("img", { src: address(film.id, "poster"), alt: "", decoding: "async", width: 72, height: 128 }) : art("watch"),
      el(
        "div", {},
        isOver(film) ? el("span", { class: "film-name" }, film.title) : el("a", { href: `#/kept/${film.id}`, class: "film-name" }, film.title),
        el("p", { class: "hint" }, `${film.topic} · ${megabytes(film.bytes)} MB${film.seen ? ` · ${t("kept.seen")}` : ""}`),
        endsSoon(film) && el("p", { class: "hint ends" }, art("cloud"), t(isOver(film) ? "kept.over" : "kept.until", { day: day(film.kept_until) })),
      ),
      iconButton("trash", t("kept.letGo", { title: film.title }), async () => {
        await letGo(film.id);
        note(t("keep.gone", { title: film.title }));
      }),
    );
  }

  async #take() {
    this.take.disabled = true;
    this.progress.textContent = t("kept.taking");
    let shown = -1;
    try {
      const count = await keepNext((share, title) => {
        const percent = Math.floor(share * 20) * 5;
        if (percent === shown) return;
        shown = percent;
        this.progress.textContent = t("kept.progress", { percent, title });
      });
      this.progress.textContent = t("kept.came", { count });
    } catch (error) {
      this.progress.textContent = sayNotKept(error);
    }
    this.take.disabled = false;
  }

  leave() {
    this.#end();
  }
}
