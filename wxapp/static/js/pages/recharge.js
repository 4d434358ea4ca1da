// A tapped amount goes into the field at once; without this its link shows the page with the amount filled in.
"use strict";

(() => {
  const field = document.querySelector("input[name=amount]");
  const amounts = document.querySelectorAll("[data-amount]");
  if (!field) {
    return;
  }
  const mark = () => {
    for (const amount of amounts) {
      const isChosen = amount.dataset.amount === field.value.trim();
      amount.classList.toggle("amount--chosen", isChosen);
      if (isChosen) {
        amount.setAttribute("aria-current", "true");
      } else {
        amount.removeAttribute("aria-current");
      }
    }
  };
  for (const amount of amounts) {
    amount.addEventListener("click", (event) => {
      event.preventDefault();
      field.value = amount.dataset.amount;
      mark();
    });
  }
  field.addEventListener("input", mark);
  mark();
})();
