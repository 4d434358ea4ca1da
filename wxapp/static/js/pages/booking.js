// The days scroll to the chosen one; the time that a seat is still kept counts down.
"use strict";

(() => {
  const strip = document.querySelector(".days");
  const chosen = strip && strip.querySelector("[aria-current=date]");
  if (chosen) {
    strip.scrollLeft = chosen.offsetLeft - strip.offsetLeft - (strip.clientWidth - chosen.clientWidth) / 2;
  }

  for (const notice of document.querySelectorAll(".countdown")) {
    const left = notice.querySelector(".countdown__left");
    const ends = performance.now() + Number(notice.dataset.seconds) * 1000;
    const tick = () => {
      const seconds = Math.ceil((ends - performance.now()) / 1000);
      if (seconds <= 0) {
        notice.textContent = notice.dataset.over;
        notice.classList.add("notice--error");
        notice.setAttribute("role", "alert");
        return;
      }
      left.textContent = `${Math.floor(seconds / 60)}分${String(seconds % 60).padStart(2, "0")}秒`;
      setTimeout(tick, 500);
    };
    tick();
    notice.classList.add("countdown--runs");
  }
})();
