// Settings of the device, preferences of the student, and what happens to what is kept about them.

import { call, Problem, Unreachable } from "../api.js";
import { button, confirm, el, link, note, saveFile } from "../dom.js";
import { choices, field, form, sayError, toggle } from "../forms.js";
import { choose, sendPreferences, settings, TEXT_SIZES } from "../settings.js";
import { day, LANGUAGES, spoken, t } from "../words.js";

export class SettingsScreen {
  title = t("settings.title");

  constructor({ profile, signOut, erased, changed, reload }) {
    const wishes = profile.learning_preferences ?? {};
    const { sound, captions, motion, saver, text, asking } = settings();
    const send = (changes) => sendPreferences(changes).then(changed, (error) => note(sayError(error)));
    this.node = el(
      "section", { class: "page" },
      el("h1", { tabIndex: -1 }, t("settings.title")),
      el(
        "div", { class: "card-box" },
        el("h2", {}, t("settings.watching")),
        toggle(t("settings.sound"), sound, (on) => choose({ sound: on })),
        toggle(t("settings.captions"), captions, (on) => {
          choose({ captions: on });
          send({ captions: on });
        }),
        toggle(t("settings.saver"), saver, (on) => {
          choose({ saver: on });
          send({ data_saver: on });
        }, { hint: t("settings.saverHint") }),
        toggle(t("settings.plain"), wishes.plain_order === true, (on) => send({ plain_order: on }), { hint: t("settings.plainHint") }),
        choices("asking", t("settings.asking"), [["", t("settings.askingAge")], ["during", t("settings.askingDuring")], ["end", t("settings.askingEnd")]], asking ?? "", (chosen) => choose({ asking: chosen || null })).box,
      ),
      el(
        "div", { class: "card-box" },
        el("h2", {}, t("settings.look")),
        choices("text", t("settings.text"), TEXT_SIZES.map((size) => [String(size), `${size} %`]), String(text), (size) => choose({ text: Number(size) })).box,
        toggle(t("settings.motion"), motion === "less", (on) => {
          choose({ motion: on ? "less" : null });
          send({ reduced_motion: on });
        }),
        choices("language", t("settings.language"), Object.entries(LANGUAGES), spoken(), async (code) => {
          await choose({ language: code });
          reload();
        }).box,
      ),
      el(
        "div", { class: "card-box" },
        el("h2", {}, t("settings.mine")),
        choices("age_group", t("signUp.age"), ["5-7", "8-10", "11-13", "14-17"].map((age) => [age, t("age", { age: age.replace("-", "–") })]), profile.age_group, (age_group) =>
          call("PATCH", "student/me", { age_group }).then((answer) => changed(answer.value), (error) => note(sayError(error))),
        ).box,
        el("p", {}, t("settings.exportMore")),
        el("p", { class: "hint" }, t("settings.keptUntil", { day: day(profile.kept_until) })),
        el("div", { class: "row wrap" }, button(t("settings.export"), () => exportAll(profile), { picture: "save", kind: "quiet" }), link(t("about.title"), "#/about", { kind: "quiet" })),
        el("div", { class: "row wrap" }, button(t("settings.signOut"), signOut, { picture: "out", kind: "quiet" })),
        eraser(erased),
      ),
    );
  }
}

async function exportAll(profile) {
  try {
    saveFile((await call("GET", "student/me/export")).value, profile.username);
    note(t("settings.exported"));
  } catch (error) {
    const isOld = error instanceof Problem && error.code === "sign-in-again";
    note(sayError(error), isOld ? { label: t("signIn.go"), stay: true, action: () => (location.hash = "/sign-in") } : {});
  }
}

/** Erasing asks for the password, and once more. */
function eraser(erased) {
  const password = field("password", t("settings.erasePassword"), { type: "password", required: true, autocomplete: "current-password" });
  const { node, say } = form([password], {
    label: t("settings.eraseGo"),
    onsubmit: async (values) => {
      const sure = await confirm(t("settings.eraseSure"), t("settings.eraseMore"), t("settings.eraseGo"), t("settings.eraseNot"));
      if (!sure) return;
      try {
        await call("DELETE", "student/me", values);
      } catch (error) {
        if (error instanceof Problem || error instanceof Unreachable) return say(sayError(error));
        throw error;
      }
      await erased();
    },
  });
  return el("details", { class: "grave-box" }, el("summary", {}, t("settings.erase")), el("p", {}, t("settings.eraseMore")), node);
}
