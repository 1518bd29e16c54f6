// The brief: the number of words of the notes, and the focus on what is wrong.

document.querySelector("[data-st-focus]")?.focus();

for (const line of document.querySelectorAll("[data-st-words-of]")) {
  const field = document.getElementById(line.dataset.stWordsOf);
  const count = () => {
    const words = field.value.split(/\s+/).filter(Boolean).length;
    const hint = words === 0 ? "" : words < 150 ? "; 150 or more make a better film" : words > 600 ? "; the best 600 are enough" : "";
    line.textContent = words ? `${words} words${hint}` : "";
  };
  field.addEventListener("input", count);
  count();
}
