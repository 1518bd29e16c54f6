// For a guardian, on the child's device: consent, limits, the week in words. Everything needs the guardian's code,
// which is kept in this page's memory only and goes when the page is left.

import { call } from "../api.js";
import { button, el, focusOn, note, saveFile } from "../dom.js";
import { field, form, sayError, toggle } from "../forms.js";
import { t } from "../words.js";

const FEWEST = 5;
const MOST = 45;

export class GuardianScreen {
  title = t("guardian.title");

  constructor({ profile }) {
    this.profile = profile;
    this.body = el("div", { class: "boxes" });
    const code = field("guardian_code", t("guardian.code"), { type: "password", required: true, autocomplete: "off", spellcheck: false }, { hint: t("guardian.codeHint") });
    const { node } = form([code], { label: t("guardian.open"), onsubmit: (values) => this.#open(values.guardian_code) });
    this.entry = node;
    this.node = el("section", { class: "page" }, el("h1", { tabIndex: -1 }, t("guardian.title")), el("p", { class: "lead" }, t("guardian.lead")), node, this.body);
  }

  async #open(code) {
    const guardian_code = code.trim();
    const limits = await call("PUT", "student/me/limits", { guardian_code });
    const summary = await call("POST", "student/me/summary", { guardian_code });
    const consents = await call("GET", "student/me/consents");
    this.entry.remove();
    const heading = el("h2", { tabIndex: -1 }, t("guardian.week", { name: this.profile.username }));
    this.body.replaceChildren(
      el("div", { class: "card-box" }, heading, el("ul", { class: "plain-list" }, summary.value.sentences.map((one) => el("li", {}, one)))),
      this.#limits(limits.value, guardian_code),
      this.#consents(consents.value, guardian_code),
      this.#data(guardian_code),
    );
    focusOn(heading);
  }

  #limits(limits, guardian_code) {
    const minutes = field("learning_minutes", t("guardian.minutes"), { type: "number", min: String(FEWEST), max: String(MOST), step: "5", inputMode: "numeric", value: String(limits.minutes_a_day) }, { hint: t("guardian.minutesHint", { fewest: FEWEST, most: MOST }) });
    let reminders = limits.reminders_allowed;
    const { node } = form([minutes, toggle(t("guardian.reminders"), reminders, (on) => (reminders = on), { hint: t("guardian.remindersHint") })], {
      label: t("guardian.save"),
      onsubmit: async ({ learning_minutes }) => {
        const chosen = learning_minutes === "" ? null : Number(learning_minutes);
        await call("PUT", "student/me/limits", { guardian_code, learning_minutes: chosen, reminders });
        note(t("guardian.saved"));
      },
    });
    return el("div", { class: "card-box" }, el("h2", {}, t("guardian.limits")), node);
  }

  #consents(known, guardian_code) {
    const rows = known.map(({ purpose, granted, present_version }) => {
      const row = toggle(t(`guardian.consent.${purpose}`), granted, (wanted) => this.#consent(row, { purpose, granted: wanted, version: present_version, guardian_code }), { hint: t(`guardian.consent.${purpose}.more`) });
      return row;
    });
    return el("div", { class: "card-box" }, el("h2", {}, t("guardian.consents")), el("p", {}, el("a", { href: "/privacy" }, t("guardian.notice"))), rows);
  }

  async #consent(row, { purpose, ...decision }) {
    try {
      await call("PUT", `student/me/consents/${purpose}`, decision);
      note(t("guardian.saved"));
    } catch (error) {
      row.querySelector("input").checked = !decision.granted; // nothing was changed, and the switch says so
      note(sayError(error));
    }
  }

  #data(guardian_code) {
    const save = button(t("guardian.export"), async () => {
      try {
        saveFile((await call("POST", "student/me/export", { guardian_code })).value, this.profile.username);
      } catch (error) {
        note(sayError(error));
      }
    }, { picture: "save", kind: "quiet" });
    return el("div", { class: "card-box" }, el("h2", {}, t("guardian.data")), el("div", { class: "row" }, save));
  }
}
