// 提现: "all" goes into the field at once, and what arrives is shown while the amount is typed. The server decides.
"use strict";

(() => {
  const fields = document.querySelector("[data-withdraw]");
  const amount = document.querySelector("input[name=amount]");
  const net = document.querySelector("[data-net]");
  const all = document.querySelector("[data-all]");
  if (!fields || !amount || !net) {
    return;
  }
  const before = net.textContent;
  const yuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
  const show = () => {
    const typed = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(amount.value.trim());
    if (!typed) {
      net.textContent = before;
      return;
    }
    const fen = Number(typed[1]) * 100 + Number((typed[2] || "0").padEnd(2, "0"));
    const fee = Math.floor((fen * Number(fields.dataset.feeBp)) / 10000);
    const tax = Math.floor((fen * Number(fields.dataset.taxBp)) / 10000);
    const kept = [fee ? `手续费 ${yuan(fee)} 元` : "", tax ? `代扣税款 ${yuan(tax)} 元` : ""].filter(Boolean);
    net.textContent = kept.length ? `${kept.join("，")}，到账 ${yuan(fen - fee - tax)} 元` : `到账 ${yuan(fen)} 元`;
  };
  if (all) {
    all.addEventListener("click", (event) => {
      event.preventDefault();
      amount.value = all.dataset.all;
      show();
    });
  }
  amount.addEventListener("input", show);
  show();
})();
