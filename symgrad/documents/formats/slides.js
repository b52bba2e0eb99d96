"use strict";
const slides = [...document.querySelectorAll("section")];
function current() {
  return slides.findLastIndex((slide) => slide.getBoundingClientRect().top <= innerHeight / 3);
}
const steps = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1, Home: -slides.length, End: slides.length };
addEventListener("keydown", (event) => {
  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
  const step = event.key === " " && event.shiftKey ? -1 : steps[event.key];
  const place = Math.max(0, Math.min(slides.length - 1, current() + step));
  slides[place].scrollIntoView();
  event.preventDefault();
});
// Formulas are not broken into lines: one that is larger than its place is set smaller, and so is a table that holds it.
function fit() {
  const size = (element) => parseFloat(getComputedStyle(element).fontSize);
  for (const box of document.querySelectorAll(".formula, table")) {
    box.style.fontSize = "";
    const isTable = box.matches("table");
    const room = isTable ? box.parentElement.firstElementChild : box;
    const height = isTable ? Infinity : 0.6 * innerHeight;
    const ratio = Math.min(room.clientWidth / Math.max(box.scrollWidth, box.offsetWidth), height / box.offsetHeight);
    if (ratio < 0.999) box.style.fontSize = `${Math.max(0.3, ratio) * size(box) / size(box.parentElement)}em`;
  }
}
fit();
addEventListener("resize", fit);
