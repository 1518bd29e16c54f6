// The feed: one film a screen. Swipe, wheel, keys and buttons move; three cards exist at a time.

import { announce, art, button, el, focusOn, iconButton, link, note } from "../dom.js";
import { Problem, Unreachable } from "../api.js";
import { CardView } from "../card.js";
import { Feed, KeptFeed } from "../feed.js";
import { isCalm, savesData } from "../settings.js";
import * as store from "../store.js";
import { holdOnly, warm } from "../warm.js";
import { t } from "../words.js";

const SWIPE = 56; // px
const WHEEL = 40;
const WHEEL_REST = 450; // ms: one turn of the wheel is one card

export class WatchScreen {
  title = t("nav.watch");
  #views = new Map(); // card → view
  #now = null;
  #closing = null; // the card that ends a day, or a feed
  #gone = new AbortController();
  #wheelAt = 0;
  #wheel = 0;

  constructor({ profile, kept = null }) {
    this.profile = profile;
    this.wantedKept = kept;
    this.feed = kept === null ? new Feed() : new KeptFeed();
    this.stage = el("div", { class: "stage", "aria-live": "off" });
    this.banner = el("p", { class: "banner", hidden: true });
    this.node = el(
      "section", { class: "watch", "aria-label": t("nav.watch") },
      el("h1", { class: "unseen", tabIndex: -1 }, t("nav.watch")),
      this.banner,
      this.stage,
      el(
        "div", { class: "steps" },
        iconButton("up", t("watch.previous"), () => this.move(-1)),
        iconButton("down", t("watch.next"), () => this.move(1)),
      ),
    );
    this.#listen();
  }

  async start() {
    this.stage.replaceChildren(el("div", { class: "spinner" }, el("span", { class: "unseen" }, t("watch.loading"))));
    try {
      await this.feed.start(this.wantedKept);
    } catch (error) {
      return this.#withoutFeed(error);
    }
    this.stage.replaceChildren();
    this.#showBanner();
    if (!this.feed.cards.length) this.#close(this.feed.enough ? "enough" : this.feed instanceof KeptFeed ? (this.feed.isOver ? "keptOver" : "noKept") : "empty");
    else this.#show();
    return undefined;
  }

  async #withoutFeed(error) {
    if (error instanceof Problem && error.status === 401) return; // the app shows the way in
    if (error instanceof Unreachable && !(this.feed instanceof KeptFeed)) {
      const kept = new KeptFeed();
      await kept.start();
      if (kept.isOver) {
        this.stage.replaceChildren();
        this.#close("keptOver");
        return;
      }
      if (kept.cards.length) {
        this.feed = kept;
        this.stage.replaceChildren();
        this.#showBanner();
        this.#show();
        return;
      }
    }
    this.stage.replaceChildren();
    this.#close(error instanceof Unreachable ? "away" : "trouble");
  }

  #showBanner() {
    const kept = this.feed instanceof KeptFeed && this.wantedKept === null;
    this.banner.hidden = !kept;
    if (kept) this.banner.replaceChildren(art("cloud"), el("span", {}, t("watch.offline")));
  }

  // ------------------------------------------------------------------------- showing

  #view(card) {
    let view = this.#views.get(card);
    if (!view) {
      view = new CardView(card, {
        ageGroup: this.profile.age_group,
        onresult: (result) => this.#learn(card, result),
        next: () => this.move(1),
      });
      view.node.inert = true;
      this.#views.set(card, view);
      this.stage.append(view.node);
    }
    return view;
  }

  #show({ focus = false } = {}) {
    const { feed } = this;
    this.#closing?.remove();
    this.#closing = null;
    const wanted = new Map();
    for (const place of [-1, 0, 1]) {
      const card = feed.cards[feed.index + place];
      if (card) wanted.set(card, place);
    }
    for (const [card, view] of this.#views) {
      if (wanted.has(card)) continue;
      view.release();
      this.#views.delete(card);
    }
    for (const [card, place] of wanted) {
      const view = this.#view(card);
      view.node.dataset.place = String(place);
      if (place !== 0) view.deactivate();
    }
    const view = this.#view(feed.card);
    const isNew = this.#now !== view;
    this.#now = view;
    holdOnly([feed.card, ...feed.following]);
    view.onplaying = () => this.#prepareNext();
    view.activate();
    // After its turn has begun: before, the card is inert and takes no focus. A question takes it itself.
    if (isNew && focus && view.panel.hidden) focusOn(view.heading);
    if (view.card.mode === "recall") this.#prepareNext();
    feed.ensure().then(() => this.#addNext()).catch(() => {});
  }

  /** Once the present film plays, what comes next may load: three films, their beginnings only. */
  #prepareNext() {
    const [first, ...others] = this.feed.following;
    if (first && !savesData()) this.#view(first).prepare();
    if (!savesData()) for (const card of others) warm(card, 2);
  }

  #addNext() {
    const card = this.feed.cards[this.feed.index + 1];
    if (!card || this.#views.has(card) || this.#closing) return;
    this.#view(card).node.dataset.place = "1";
  }

  #learn(card, result) {
    const known = result?.analytics;
    if (known?.enough_for_today) this.feed.enough = true;
    if (card.kept) store.change("kept", card.id, (film) => film && { ...film, seen: true }).catch(() => {});
    if (!result?.next_video || this.feed.card !== card) return;
    const before = this.feed.cards[this.feed.index + 1];
    this.feed.insertNext(result.next_video);
    const after = this.feed.cards[this.feed.index + 1];
    if (before === after) return;
    const view = this.#views.get(before);
    if (view) {
      view.release();
      this.#views.delete(before);
    }
    this.#prepareNext();
    this.#view(after).node.dataset.place = "1";
  }

  // ------------------------------------------------------------------------- moving

  move(step) {
    if (this.#closing) {
      if (step < 0 && this.feed.card) this.#show({ focus: true });
      return;
    }
    if (step > 0 && this.feed.enough) return this.#close("enough");
    const moved = step > 0 ? this.feed.forward() : this.feed.back();
    if (moved) this.#show({ focus: true });
    else if (step > 0) this.#close(this.feed instanceof KeptFeed ? "keptDone" : this.feed.ended ? "end" : "away");
    return undefined;
  }

  /** The card that ends it: for today, for now, or until the network is back. */
  #close(kind) {
    this.#now?.deactivate();
    for (const view of this.#views.values()) view.node.dataset.place = "-1";
    const pictures = { enough: "firefly-asleep", end: "firefly", empty: "firefly-dim", away: "firefly-away", trouble: "firefly-dim", noKept: "firefly-away", keptOver: "firefly-away", keptDone: "firefly" };
    const actions = {
      enough: [link(t("enough.me"), "#/me", { kind: "main" }), button(t("enough.more"), () => this.#goOn(), { kind: "quiet" })],
      end: [link(t("end.me"), "#/me", { kind: "main" }), button(t("end.again"), () => this.#restart(), { kind: "quiet" })],
      empty: [button(t("watch.again"), () => this.#restart(), { kind: "main", picture: "again" })],
      away: [button(t("watch.again"), () => this.#restart(), { kind: "main", picture: "again" }), link(t("nav.kept"), "#/kept", { kind: "quiet" })],
      trouble: [button(t("watch.again"), () => this.#restart(), { kind: "main", picture: "again" })],
      keptOver: [button(t("watch.again"), () => this.#restart(), { kind: "main", picture: "again" }), link(t("nav.kept"), "#/kept", { kind: "quiet" })],
      noKept: [link(t("nav.kept"), "#/kept", { kind: "main" })],
      keptDone: [button(t("kept.fromStart"), () => this.#restart(), { kind: "quiet" }), link(t("nav.kept"), "#/kept", { kind: "main" })],
    };
    const heading = el("h2", { tabIndex: -1 }, t(`close.${kind}`));
    this.#closing = el(
      "div", { class: "closing", "data-kind": kind },
      art(pictures[kind], "firefly big"), heading, el("p", {}, t(`close.${kind}.more`)), el("div", { class: "row" }, actions[kind]),
    );
    this.stage.append(this.#closing);
    focusOn(heading);
    announce(t(`close.${kind}`));
  }

  async #goOn() {
    try {
      await this.feed.goOn();
    } catch (error) {
      this.#closing?.remove();
      return this.#withoutFeed(error);
    }
    return this.feed.cards.length ? this.#show({ focus: true }) : this.#close("end");
  }

  #restart() {
    this.#dropViews();
    this.#closing?.remove();
    this.#closing = null;
    this.feed = this.wantedKept === null ? new Feed() : new KeptFeed();
    return this.start();
  }

  // ------------------------------------------------------------------------- hands

  #listen() {
    const options = { signal: this.#gone.signal };
    let from = null;
    let isDrag = false;
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button) return;
      if (event.target.closest("input, .menu, .panel button")) return;
      from = { x: event.clientX, y: event.clientY };
      isDrag = false;
    }, options);
    this.stage.addEventListener("pointermove", (event) => {
      if (!from) return;
      const dy = event.clientY - from.y;
      if (!isDrag && Math.abs(dy) > 12 && Math.abs(dy) > Math.abs(event.clientX - from.x)) isDrag = !scrolls(event.target, -dy);
      if (isDrag && !isCalm()) this.stage.style.setProperty("--drag", `${Math.max(Math.min(dy, 240), -240)}px`);
    }, options);
    const end = (event) => {
      if (!from) return;
      const dy = event.clientY - from.y;
      const far = Math.abs(dy) > SWIPE && isDrag && event.type === "pointerup";
      from = null;
      this.stage.style.removeProperty("--drag");
      if (far) this.move(dy < 0 ? 1 : -1);
    };
    this.stage.addEventListener("pointerup", end, options);
    this.stage.addEventListener("pointercancel", end, options);
    // A swipe that ends on a button is no tap on it.
    this.stage.addEventListener("click", (event) => {
      if (!isDrag) return;
      isDrag = false;
      event.stopPropagation();
      event.preventDefault();
    }, { ...options, capture: true });
    this.stage.addEventListener("wheel", (event) => {
      if (scrolls(event.target, event.deltaY)) return;
      event.preventDefault();
      this.#turn(event);
    }, { ...options, passive: false });
    document.addEventListener("keydown", (event) => this.#key(event), options);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden || !this.#now) return;
      this.#now.pause();
      this.#now.watching.tell();
    }, options);
    addEventListener("pagehide", () => this.#now?.watching.tell(), options);
    addEventListener("online", () => {
      if (["away", "keptOver"].includes(this.#closing?.dataset.kind)) this.#restart();
      else if (this.feed instanceof KeptFeed && this.wantedKept === null) {
        note(t("watch.online"), { action: () => this.#restart(), label: t("watch.toFeed"), stay: true });
      }
    }, options);
  }

  #turn(event) {
    const at = performance.now();
    if (at - this.#wheelAt < WHEEL_REST) return;
    this.#wheel = Math.sign(this.#wheel) === Math.sign(event.deltaY) ? this.#wheel + event.deltaY : event.deltaY;
    if (Math.abs(this.#wheel) < WHEEL) return;
    this.#wheelAt = at;
    const step = Math.sign(this.#wheel);
    this.#wheel = 0;
    this.move(step);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=range]), select, textarea")) return;
    const onSlider = event.target.matches("input[type=range]");
    if ((event.key === "ArrowDown" && !onSlider) || event.key === "PageDown") this.move(1);
    else if ((event.key === "ArrowUp" && !onSlider) || event.key === "PageUp") this.move(-1);
    else if (this.#closing || !this.#now?.key(event)) return;
    event.preventDefault();
  }

  #dropViews() {
    for (const view of this.#views.values()) view.release();
    this.#views.clear();
    this.#now = null;
  }

  leave() {
    this.#gone.abort();
    holdOnly([]);
    this.#dropViews();
  }
}

/** Whether what is under the finger scrolls in this direction by itself. */
function scrolls(target, down) {
  const box = target.closest(".panel, .closing");
  if (!box || box.scrollHeight <= box.clientHeight + 1) return false;
  return down > 0 ? box.scrollTop + box.clientHeight < box.scrollHeight - 1 : box.scrollTop > 0;
}
