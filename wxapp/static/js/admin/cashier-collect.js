// The cashier's rows: adds and removes them, shows what a loan needs, and adds up. The server checks everything anyway.
"use strict";

(() => {
  const form = document.querySelector("[data-bill]");
  if (!form) {
    return;
  }
  const owed = Number(form.dataset.owed);
  const rows = form.querySelector("[data-rows]");
  const told = form.querySelector("[data-sum]");
  const password = form.querySelector("[data-password]");
  const blank = rows.lastElementChild.cloneNode(true);

  const all = () => [...rows.querySelectorAll("[data-row]")];
  const amountOf = (row) => row.querySelector("[data-amount]");
  const chosen = (row) => row.querySelector("[data-method]").selectedOptions[0];

  const fen = (text) => {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
    return match ? Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0")) : 0;
  };
  const yuan = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
  const sumOf = (those) => those.reduce((total, row) => total + fen(amountOf(row).value), 0);

  const addUp = () => {
    const sum = sumOf(all());
    const gap = sum < owed ? `，还差 ${yuan(owed - sum)} 元` : sum > owed ? `，多出 ${yuan(sum - owed)} 元` : "，与应收一致";
    told.textContent = `合计 ${yuan(sum)} 元${gap}`;
    told.classList.toggle("is-even", sum === owed);
    told.classList.toggle("is-off", sum !== owed);
  };

  const fit = (row) => {
    const option = chosen(row);
    const offered = option && option.dataset.periods;
    const isLoan = offered !== undefined;
    for (const field of row.querySelectorAll("[data-loan]")) {
      field.classList.toggle("is-idle", !isLoan);
      const input = field.querySelector("input");
      input.tabIndex = isLoan ? 0 : -1;
      if (!isLoan) {
        input.value = "";
      }
    }
    if (isLoan) {
      row.querySelector("input[data-periods]").placeholder = offered.replaceAll(" ", "/");
    }
  };

  const tidy = () => {
    const those = all();
    those.forEach((row, at) => {
      row.querySelector("[data-number]").textContent = String(at + 1);
      const remove = row.querySelector("[data-remove]");
      remove.hidden = those.length === 1;
      remove.setAttribute("aria-label", `删除第${at + 1}种方式`);
      fit(row);
    });
    if (password) {
      const isNeeded = those.some((row) => chosen(row)?.dataset.kind === "balance");
      password.hidden = !isNeeded;
    }
    addUp();
  };

  const add = () => {
    const row = blank.cloneNode(true);
    rows.append(row);
    tidy();
    row.querySelector("[data-method]").focus();
  };

  const fill = (input) => {
    const others = sumOf(all()) - fen(input.value);
    if (!input.value && others < owed) {
      input.value = yuan(owed - others).replace(/\.00$/, "");
      addUp();
    }
  };

  // Blank rows are for whoever has no script.
  for (const row of all().slice(1)) {
    if (!amountOf(row).value && !chosen(row)?.value) {
      row.remove();
    }
  }
  form.querySelector("[data-add]").hidden = false;
  form.querySelector("[data-keys]").hidden = false;
  form.querySelector("[data-add]").addEventListener("click", add);
  rows.addEventListener("input", (event) => {
    if (event.target.matches("[data-amount]")) {
      addUp();
    }
  });
  rows.addEventListener("change", (event) => {
    if (event.target.matches("[data-method]")) {
      const input = amountOf(event.target.closest("[data-row]"));
      tidy();
      fill(input);
    }
  });
  rows.addEventListener("click", (event) => {
    if (event.target.closest("[data-remove]")) {
      event.target.closest("[data-row]").remove();
      tidy();
    }
  });
  rows.addEventListener("dblclick", (event) => {
    if (event.target.matches("[data-amount]")) {
      fill(event.target);
    }
  });
  rows.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      if (sumOf(all()) === owed) {
        form.querySelector("[type=submit]").focus();
      } else {
        add();
      }
    }
  });
  tidy();
  // To where she types next; what was refused is found by shell.js.
  if (!form.querySelector("[aria-invalid=true]")) {
    const first = all().find((row) => !chosen(row)?.value);
    const open = sumOf(all()) === owed ? form.querySelector("[type=submit]") : amountOf(all().at(-1));
    (first ? first.querySelector("[data-method]") : open).focus({ preventScroll: true });
  }
})();
