// Lets the carousel go on by itself, with dots and a button to stop it. Without script it is swiped.
"use strict";

(() => {
  const SECONDS = 5;
  const carousel = document.querySelector("[data-carousel]");
  const list = carousel && carousel.querySelector("ul");
  const slides = list ? [...list.children] : [];
  if (slides.length < 2) {
    return;
  }
  const wantsRest = matchMedia("(prefers-reduced-motion: reduce)");

  const foot = document.createElement("div");
  foot.className = "carousel__foot";
  const dots = slides.map(() => {
    const dot = document.createElement("span");
    dot.className = "carousel__dot";
    dot.setAttribute("aria-hidden", "true");
    return dot;
  });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "carousel__pause";
  foot.append(...dots, button);
  carousel.append(foot);

  let current = 0;
  let isStopped = wantsRest.matches;
  let isHeld = false;

  function show() {
    dots.forEach((dot, at) => dot.classList.toggle("carousel__dot--current", at === current));
    button.textContent = isStopped ? "自动播放" : "暂停";
    button.setAttribute("aria-label", isStopped ? "自动播放轮播" : "暂停轮播");
  }

  function goTo(at) {
    list.scrollTo({ left: slides[at].offsetLeft - slides[0].offsetLeft, behavior: wantsRest.matches ? "auto" : "smooth" });
  }

  const watcher = new IntersectionObserver((seen) => {
    const entry = seen.find((one) => one.isIntersecting);
    if (entry) {
      current = slides.indexOf(entry.target);
      show();
    }
  }, { root: list, threshold: 0.6 });
  slides.forEach((slide) => watcher.observe(slide));

  for (const [start, end] of [["pointerenter", "pointerleave"], ["touchstart", "touchend"], ["focusin", "focusout"]]) {
    carousel.addEventListener(start, () => { isHeld = true; }, { passive: true });
    carousel.addEventListener(end, () => { isHeld = false; }, { passive: true });
  }
  button.addEventListener("click", () => {
    isStopped = !isStopped;
    isHeld = false;
    show();
  });
  setInterval(() => {
    if (!isStopped && !isHeld && !document.hidden) {
      goTo((current + 1) % slides.length);
    }
  }, SECONDS * 1000);
  show();
})();
