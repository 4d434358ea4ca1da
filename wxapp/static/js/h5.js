// Improves pages that already work: a pressed button waits for its answer, a code's button counts down.
"use strict";

(() => {
  const waiting = new Set();

  function free() {
    for (const button of waiting) {
      button.removeAttribute("aria-disabled");
    }
    waiting.clear();
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // A disabled button would not be sent with its form, and a real "disabled" would lose the focus.
    for (const button of form.querySelectorAll("button[type=submit]")) {
      button.setAttribute("aria-disabled", "true");
      waiting.add(button);
    }
  });

  // The page comes back from the browser's memory as it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      free();
    }
  });

  for (const button of document.querySelectorAll("button[data-wait]")) {
    const label = button.textContent;
    const ready = Date.now() + Number(button.dataset.wait) * 1000;
    const tick = () => {
      const left = Math.ceil((ready - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${left} 秒后重发` : label;
      if (left > 0) {
        setTimeout(tick, 500);
      }
    };
    tick();
  }

  const wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) {
    wrong.focus({ preventScroll: false });
  }
})();
