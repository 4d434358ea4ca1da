// The form of a plan of payment: adds up, shows what loans need, adds rows. The server checks again.
(() => {
  "use strict";

  const form = document.querySelector("[data-plan]");
  if (!form) return;
  const due = Number(form.dataset.plan);
  const rows = form.querySelector("[data-plan-rows]");
  const told = form.querySelector("[data-plan-sum]");
  const offered = form.querySelector("[data-plan-periods]");
  const all = () => [...rows.querySelectorAll("[data-plan-row]")];
  const find = (row, name) => row.querySelector(`[data-plan-${name}]`);

  const fen = (text) => {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
    return match ? Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0")) : 0;
  };
  const yuan = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
  const sumOf = (those) => those.reduce((sum, row) => sum + fen(find(row, "amount").value), 0);

  const count = () => {
    const sum = sumOf(all());
    told.textContent = sum === due ? `合计 ${yuan(sum)} 元，与付款金额一致`
      : sum < due ? `合计 ${yuan(sum)} 元，还差 ${yuan(due - sum)} 元` : `合计 ${yuan(sum)} 元，多出 ${yuan(sum - due)} 元`;
    told.classList.toggle("plan__sum--right", sum === due);
    for (const row of all()) {
      const option = find(row, "method").selectedOptions[0];
      const isLoan = option !== undefined && option.dataset.periods !== undefined;
      for (const input of row.querySelectorAll("[data-plan-loan]")) {
        input.disabled = !isLoan;
        if (!isLoan) input.value = "";
      }
    }
  };

  // The periods that the chosen lender offers stand below the field.
  form.addEventListener("focusin", (event) => {
    if (!event.target.matches("[name^=periods-]")) return;
    const option = find(event.target.closest("[data-plan-row]"), "method").selectedOptions[0];
    offered.replaceChildren(...(option.dataset.periods || "").split(" ").filter(Boolean).map((text) => new Option(text, text)));
  });

  const add = () => {
    const last = all().at(-1);
    const row = last.cloneNode(true);
    const number = Number(find(last, "amount").name.split("-")[1]) + 1;
    for (const input of row.querySelectorAll("input, select")) {
      input.name = input.name.replace(/\d+$/, String(number));
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, String(number)));
      if (input.matches("input")) input.value = "";
      else input.selectedIndex = 0;
    }
    rows.append(row);
    const rest = due - sumOf(all());
    if (rest > 0) find(row, "amount").value = yuan(rest).replace(/\.00$/, "");
    count();
    find(row, "method").focus();
  };

  // Empty rows are for browsers without a script.
  for (const row of all().slice(1)) if (!find(row, "amount").value && !find(row, "method").value) row.remove();
  const button = form.querySelector("[data-plan-add]");
  button.hidden = false;
  button.addEventListener("click", add);
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) form.requestSubmit(form.querySelector("button[type=submit]"));
    else if (sumOf(all()) < due) add();
  });
  count();
})();
