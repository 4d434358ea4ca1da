// Lays two pictures over each other and uncovers the right one with a slider. Without this script they stand side by side.
(() => {
  "use strict";

  const box = document.querySelector("[data-compare]");
  if (!box) return;
  const over = box.querySelector("[data-over]");
  const slide = box.querySelector("[data-slide]");
  const mode = box.querySelector("[data-mode]");
  const text = box.querySelector("[data-mode-text]");

  const uncover = () => over.style.setProperty("--at", `${slide.value}%`);
  const show = (isSlide) => {
    box.classList.toggle("compare--slide", isSlide);
    slide.disabled = !isSlide;
    mode.setAttribute("aria-pressed", String(!isSlide));
    text.textContent = isSlide ? "并排显示" : "滑动对比";
  };

  slide.addEventListener("input", uncover);
  mode.addEventListener("click", () => show(!box.classList.contains("compare--slide")));
  box.querySelector("[data-controls]").hidden = false;
  uncover();
  show(true);
})();
