// What I know by now: days, badges, topics as lights, what could come next.

import { call } from "../api.js";
import { art, el, link } from "../dom.js";
import { now } from "../clock.js";
import { sayError } from "../forms.js";
import { hueOf } from "../card.js";
import { setValue, value } from "../store.js";
import { day, has, percent, t } from "../words.js";

export class MeScreen {
  title = t("nav.me");

  constructor({ profile }) {
    this.profile = profile;
    this.body = el("div", { class: "progress" }, el("div", { class: "spinner" }, el("span", { class: "unseen" }, t("watch.loading"))));
    this.node = el(
      "section", { class: "page" },
      el("header", { class: "me" }, art("firefly", "firefly"), el("h1", { tabIndex: -1 }, t("me.hello", { name: profile.username }))),
      this.body,
      el("nav", { class: "row wrap", "aria-label": t("me.places") }, link(t("settings.title"), "#/settings", { picture: "settings", kind: "quiet" }), link(t("guardian.title"), "#/guardian", { picture: "guardian", kind: "quiet" })),
    );
  }

  async start() {
    let progress;
    let old = false;
    try {
      progress = (await call("GET", "student/progress/me")).value;
      await setValue("progress", { student: this.profile.id, progress });
    } catch (error) {
      const kept = await value("progress");
      if (kept?.student !== this.profile.id) return this.body.replaceChildren(el("p", { role: "alert" }, sayError(error)));
      ({ progress } = kept);
      old = true;
    }
    this.body.replaceChildren(...[old && el("p", { class: "hint" }, t("me.old")), ...this.#parts(progress)].filter(Boolean));
    return undefined;
  }

  #parts(progress) {
    const { current_streak: streak } = progress;
    return [
      endsSoon(this.profile) && el("p", { class: "card-box" }, t("me.keptUntil", { day: day(this.profile.kept_until) })),
      progress.enough_for_today && el("p", { class: "card-box" }, t("close.enough")),
      el(
        "dl", { class: "figures" },
        figure(t("me.days"), streak.days, t("me.longest", { count: progress.longest_streak })),
        figure(t("me.films"), progress.total_videos_watched),
        figure(t("me.right"), progress.quiz_accuracy === null ? "–" : percent(progress.quiz_accuracy)),
        figure(t("me.minutes"), Math.round(progress.minutes_today)),
      ),
      el("h2", {}, t("me.topics")),
      progress.topics.length ? el("ul", { class: "topics" }, progress.topics.map(topic)) : el("p", {}, t("me.noTopics")),
      progress.recommended_next_topics.length > 0 && el("h2", {}, t("me.next")),
      progress.recommended_next_topics.length > 0 &&
        el("ul", { class: "plain-list" }, progress.recommended_next_topics.map((one) => el("li", {}, el("strong", {}, one.topic), " ", el("span", { class: "hint" }, t(`me.because.${one.reason}`))))),
      el("h2", {}, t("me.badges")),
      progress.achievements.length
        ? el("ul", { class: "badges" }, progress.achievements.map((one) => el("li", {}, art("me"), el("strong", {}, has(`badge.${one.code}`) ? t(`badge.${one.code}`) : one.title), el("span", { class: "hint" }, day(one.unlocked_at)))))
        : el("p", {}, t("me.noBadges")),
    ];
  }
}

/** An account that nobody uses ends on a day that the profile names: said a month before. */
const endsSoon = ({ kept_until }) => Boolean(kept_until) && Date.parse(kept_until) < now() + 31 * 86_400_000;

const figure = (label, number, more = "") => el("div", {}, el("dt", {}, label), el("dd", {}, String(number), more && el("span", { class: "hint" }, more)));

/** A topic as a row of lights, one an idea: lit when mastered, the whole row as bright as what is remembered. */
function topic(one) {
  const most = Math.min(one.concepts_total, 24);
  const lit = Math.round((one.concepts_mastered / Math.max(one.concepts_total, 1)) * most);
  const lights = el("span", { class: "lamps", "aria-hidden": "true" }, Array.from({ length: most }, (_, index) => el("i", { class: index < lit ? "lamp is-lit" : "lamp" })));
  const node = el(
    "li", {},
    el("strong", {}, one.topic, one.mastered && art("check")),
    lights,
    el("span", { class: "hint" }, t("me.topic", { remembered: percent(one.mastery), mastered: one.concepts_mastered, total: one.concepts_total })),
    one.due_for_recall > 0 && el("span", { class: "hint" }, t("me.due", { count: one.due_for_recall })),
  );
  node.dataset.hue = String(hueOf(one.topic));
  return node;
}
