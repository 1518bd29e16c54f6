// The way in: welcome, a new account, signing in, a forgotten password, the recovery code.

import { askOpen } from "../api.js";
import { art, button, el, focusOn, link } from "../dom.js";
import { choices, field, form, sayError } from "../forms.js";
import { t } from "../words.js";

const AGES = ["5-7", "8-10", "11-13", "14-17"];

const page = (picture, title, ...rest) =>
  el("section", { class: "page narrow" }, picture && el("div", { class: "hero" }, art(picture, "firefly big")), el("h1", { tabIndex: -1 }, title), ...rest);

export function welcome() {
  return {
    title: t("welcome.title"),
    node: page(
      "firefly",
      t("welcome.title"),
      el("p", { class: "lead" }, t("welcome.lead")),
      el("div", { class: "stack" }, link(t("welcome.new"), "#/sign-up", { kind: "main wide" }), link(t("welcome.known"), "#/sign-in", { kind: "quiet wide" })),
      el("p", { class: "small" }, t("welcome.privacy"), " ", el("a", { href: "#/about" }, t("welcome.more"))),
    ),
  };
}

/** Two steps: who (a suggested name, an age group), then a password. No e-mail, no real name. */
export function signUp({ entered }) {
  const names = el("div", { class: "names", role: "group", "aria-label": t("signUp.names") });
  const name = field("username", t("signUp.name"), { type: "text", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: false, maxLength: 30 }, { hint: t("signUp.nameHint") });
  const password = field("password", t("signUp.password"), { type: "password", required: true, autocomplete: "new-password", minLength: 8 }, { hint: t("signUp.passwordHint") });
  const ages = choices("age_group", t("signUp.age"), AGES.map((age) => [age, t("age", { age: age.replace("-", "–") })]), null);
  const suggest = async () => {
    try {
      const { usernames } = await askOpen("GET", "student/username-suggestions");
      names.replaceChildren(
        ...usernames.map((one) =>
          el("button", { type: "button", class: "chip", "aria-pressed": "false", onclick: (event) => {
            name.input.value = one;
            name.say("");
            for (const chip of names.children) chip.setAttribute("aria-pressed", String(chip === event.currentTarget));
          } }, one),
        ),
      );
    } catch (error) {
      names.replaceChildren(el("p", { class: "wrong" }, sayError(error)));
    }
  };
  suggest();
  const made = form([name, el("div", { class: "name-choice" }, names, button(t("signUp.others"), suggest, { picture: "again", kind: "quiet small" })), ages, password, peek(password.input)], {
    label: t("signUp.go"),
    onsubmit: async (values) => {
      if (!ages.value) {
        made.say(t("signUp.ageMissing"));
        return focusOn(ages.box.querySelector("input"));
      }
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
      const answer = await askOpen("POST", "student/register", { ...values, age_group: ages.value, timezone }, { opensSession: true });
      return entered(answer.student, answer.recovery_code);
    },
  });
  return {
    title: t("signUp.title"),
    node: page("firefly", t("signUp.title"), made.node, el("p", { class: "small" }, el("a", { href: "#/sign-in" }, t("signUp.known")))),
  };
}

const peek = (input) =>
  el("label", { class: "peek" }, el("input", { type: "checkbox", onchange: (event) => (input.type = event.target.checked ? "text" : "password") }), el("span", {}, t("field.show")));

export function signIn({ signedIn, username = "", because = "" }) {
  const name = field("username", t("signIn.name"), { type: "text", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: false, value: username });
  const password = field("password", t("signIn.password"), { type: "password", required: true, autocomplete: "current-password" });
  const { node } = form([name, password, peek(password.input)], {
    label: t("signIn.go"),
    onsubmit: async (values) => {
      await askOpen("POST", "student/token", values, { opensSession: true });
      await signedIn();
    },
  });
  return {
    title: t("signIn.title"),
    node: page("firefly", t("signIn.title"), because && el("p", { class: "lead" }, because), node,
      el("p", { class: "small" }, el("a", { href: "#/recover" }, t("signIn.forgotten")), " · ", el("a", { href: "#/sign-up" }, t("signIn.new"))),
      username && link(t("signIn.kept"), "#/kept", { picture: "kept", kind: "quiet" })),
  };
}

export function recover({ entered }) {
  const name = field("username", t("signIn.name"), { type: "text", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: false });
  const code = field("recovery_code", t("recover.code"), { type: "text", required: true, autocomplete: "off", autocapitalize: "characters", spellcheck: false }, { hint: t("recover.codeHint") });
  const password = field("new_password", t("recover.password"), { type: "password", required: true, autocomplete: "new-password" }, { hint: t("signUp.passwordHint") });
  const { node } = form([name, code, password, peek(password.input)], {
    label: t("recover.go"),
    onsubmit: async (values) => {
      const answer = await askOpen("POST", "student/recover", values, { opensSession: true });
      return entered(answer.student, answer.recovery_code);
    },
  });
  return {
    title: t("recover.title"),
    node: page("firefly-dim", t("recover.title"), el("p", { class: "lead" }, t("recover.lead")), node, el("p", { class: "small" }, el("a", { href: "#/sign-in" }, t("recover.back")))),
  };
}

/** The recovery code, this once. It stands nowhere on the device. */
export function recoveryCode({ code, done }) {
  const copied = el("span", { class: "hint", role: "status" });
  const noted = el("input", { type: "checkbox", onchange: () => (go.disabled = !noted.checked) });
  const go = button(t("code.go"), done, { kind: "main wide", disabled: true });
  return {
    title: t("code.title"),
    node: page(
      "firefly",
      t("code.title"),
      el("p", { class: "lead" }, t("code.lead")),
      el("p", { class: "code", translate: "no" }, code),
      el("div", { class: "row" }, button(t("code.copy"), async () => {
        await navigator.clipboard?.writeText(code).catch(() => {});
        copied.textContent = t("code.copied");
      }, { kind: "quiet small" }), copied),
      el("label", { class: "peek" }, noted, el("span", {}, t("code.noted"))),
      go,
    ),
  };
}

/** What is known about a child, in words for the child. */
export function about() {
  const lines = ["name", "answers", "device", "nothing", "guardian", "films"];
  return {
    title: t("about.title"),
    node: page("firefly", t("about.title"), el("ul", { class: "plain-list" }, lines.map((key) => el("li", {}, t(`about.${key}`)))), el("p", {}, el("a", { href: "/privacy/children" }, t("about.all")), " · ", el("a", { href: "#/" }, t("about.back")))),
  };
}
