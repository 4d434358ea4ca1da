// A sheet that was asked for opens the browser's print window at once.
"use strict";

if (document.querySelector("[data-print-now]")) {
  window.addEventListener("load", () => window.print(), { once: true });
}
