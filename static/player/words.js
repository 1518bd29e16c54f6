// The words of the interface, from one JSON file a language. Films and questions keep their own language.

export const LANGUAGES = { en: "English", de: "Deutsch" };
const loaded = {};
let language = "en";
let plurals = new Intl.PluralRules("en");

export async function speak(wanted) {
  const chosen = wanted in LANGUAGES ? wanted : "en";
  for (const code of new Set(["en", chosen])) {
    loaded[code] ??= await (await fetch(new URL(`messages/${code}.json`, import.meta.url))).json();
  }
  language = chosen;
  plurals = new Intl.PluralRules(chosen);
  document.documentElement.lang = chosen;
}

export const spoken = () => language;

/** The language of the device where we have it. */
export function deviceLanguage() {
  for (const one of navigator.languages ?? []) {
    const code = one.slice(0, 2).toLowerCase();
    if (code in LANGUAGES) return code;
  }
  return "en";
}

/** A sentence with its blanks filled; `{count}` chooses between `key.one` and `key.other`. */
export function t(key, values = {}) {
  const table = loaded[language] ?? {};
  const form = "count" in values ? `${key}.${plurals.select(values.count)}` : key;
  const sentence = table[form] ?? table[key] ?? loaded.en?.[form] ?? loaded.en?.[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export const has = (key) => key in (loaded[language] ?? {}) || key in (loaded.en ?? {});

export function megabytes(bytes) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: bytes < 10_000_000 ? 1 : 0 }).format(bytes / 1_000_000);
}

export const percent = (share) => new Intl.NumberFormat(language, { style: "percent" }).format(share);
export const day = (iso) => new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(iso));
