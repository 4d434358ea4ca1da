/* The sum of what is ticked; the server computes it again. */
(() => {
  "use strict";
  const sum = document.querySelector("[data-refund-total]");
  const choices = [...document.querySelectorAll("[data-fen]")];
  if (!sum || !choices.length) return;

  const countOf = (choice) => (choice.type === "checkbox" ? Number(choice.checked) : Number(choice.value));
  const show = () => {
    const fen = choices.reduce((total, choice) => total + countOf(choice) * Number(choice.dataset.fen), 0);
    sum.textContent = `已选 ¥${(fen / 100).toFixed(2)}`;
    sum.hidden = false;
  };

  for (const choice of choices) choice.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
})();
