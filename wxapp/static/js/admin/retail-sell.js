// Selling at the counter: find goods, see the sum and what is still open. The server reckons everything again.
"use strict";

(() => {
  const form = document.querySelector("[data-sale]");
  if (!form) {
    return;
  }
  const rows = [...form.querySelectorAll("[data-goods]")];
  const find = form.querySelector("[data-shelf-find]");
  const [name, category] = find.querySelectorAll("input, select");
  const none = form.querySelector("[data-none]");
  const cart = form.querySelector("[data-cart]");
  const lines = form.querySelector("[data-lines]");
  const total = form.querySelector("[data-total]");
  const due = form.querySelector("[data-due]");
  const amounts = [...form.querySelectorAll("[data-amount]")];

  const fen = (text) => {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
    return match ? Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0")) : 0;
  };
  const yuan = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
  const countOf = (row) => {
    const text = row.querySelector("[data-count]").value.trim();
    return /^\d{1,4}$/.test(text) ? Number(text) : 0;
  };
  const owed = () => rows.reduce((sum, row) => sum + countOf(row) * Number(row.dataset.price), 0);
  const paid = (except) => amounts.reduce((sum, input) => sum + (input === except ? 0 : fen(input.value)), 0);

  const show = () => {
    const chosen = rows.filter((row) => countOf(row) > 0);
    lines.replaceChildren(
      ...chosen.map((row) => {
        const line = document.createElement("li");
        const what = document.createElement("span");
        const sum = document.createElement("span");
        what.textContent = `${row.dataset.name} × ${countOf(row)}`;
        sum.textContent = yuan(countOf(row) * Number(row.dataset.price));
        line.append(what, sum);
        return line;
      }),
    );
    cart.hidden = false;
    const open = owed() - paid();
    total.textContent = yuan(owed());
    due.textContent = !owed() ? "请填写商品数量" : open > 0 ? `还差 ${yuan(open)} 元` : open < 0 ? `多出 ${yuan(-open)} 元` : "金额一致";
    due.classList.toggle("sale__due--right", owed() > 0 && open === 0);
  };

  const filter = () => {
    const wanted = name.value.trim().toLowerCase();
    let seen = 0;
    for (const row of rows) {
      const fits =
        (!wanted || row.dataset.name.toLowerCase().includes(wanted)) &&
        (!category.value || row.dataset.category === category.value);
      row.hidden = !fits && !countOf(row); // what was chosen stays in sight
      row.toggleAttribute("data-fits", fits);
      seen += row.hidden ? 0 : 1;
    }
    none.hidden = seen > 0;
  };

  find.hidden = false;
  name.addEventListener("input", filter);
  category.addEventListener("change", filter);
  form.addEventListener("input", show);
  // Enter in the search goes to the first count; nothing is sent by accident.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) {
      return;
    }
    if (event.target === name) {
      event.preventDefault();
      const first = rows.find((row) => row.hasAttribute("data-fits"));
      if (first) {
        first.querySelector("[data-count]").focus();
      }
    } else if (event.target.matches("[data-count]")) {
      event.preventDefault();
      name.focus();
      name.select();
    } else if (event.target.matches("[data-amount]") && owed() !== paid()) {
      event.preventDefault();
      const next = amounts[amounts.indexOf(event.target) + 1];
      if (next) {
        next.focus();
      }
    }
  });
  // An empty amount that is entered takes the rest.
  for (const input of amounts) {
    input.addEventListener("dblclick", () => {
      const rest = owed() - paid(input);
      if (!input.value && rest > 0) {
        input.value = yuan(rest).replace(/\.00$/, "");
        show();
      }
    });
  }
  filter();
  show();
  if (!document.querySelector(".content [role=alert]")) {
    name.focus({ preventScroll: true }); // it was hidden when the page looked where to begin
  }
})();
