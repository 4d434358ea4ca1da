// Adds up what the cashier types; the server checks the sum anyway.
"use strict";

(() => {
  const form = document.querySelector("[data-due]");
  if (!form) {
    return;
  }
  const due = Number(form.dataset.due);
  const told = form.querySelector("[data-sum]");
  const inputs = [...form.querySelectorAll(".ways input")];

  const fen = (text) => {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
    return match ? Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0")) : 0;
  };
  const yuan = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;

  const add = () => {
    const sum = inputs.reduce((total, input) => total + fen(input.value), 0);
    if (sum === due) {
      told.textContent = `合计 ${yuan(sum)} 元，与应收一致`;
    } else if (sum < due) {
      told.textContent = `合计 ${yuan(sum)} 元，还差 ${yuan(due - sum)} 元`;
    } else {
      told.textContent = `合计 ${yuan(sum)} 元，多出 ${yuan(sum - due)} 元`;
    }
  };

  for (const input of inputs) {
    input.addEventListener("input", add);
    // Twice on an empty field takes the rest there.
    input.addEventListener("dblclick", () => {
      const others = inputs.reduce((total, one) => total + (one === input ? 0 : fen(one.value)), 0);
      if (!input.value && others < due) {
        input.value = yuan(due - others).replace(/\.00$/, "");
        add();
      }
    });
  }
  add();
})();
