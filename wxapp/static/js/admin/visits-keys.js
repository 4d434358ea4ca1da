// Lists by keyboard: arrows walk through the rows, Enter opens one, "n" begins a new one.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll(".content .sheet__table tbody tr")];
  let chosen = "";

  const key = (row) => {
    const link = row && row.querySelector("a[href]");
    return link ? link.getAttribute("href") : "";
  };
  const choose = (row) => {
    for (const other of rows()) other.classList.toggle("is-chosen", other === row);
    chosen = key(row);
    const link = row.querySelector("a[href]");
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "n") {
      const add = document.querySelector('[data-shortcut="n"]');
      if (add) { event.preventDefault(); add.click(); }
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const all = rows();
    if (!all.length) return;
    event.preventDefault();
    const at = all.findIndex((row) => row.classList.contains("is-chosen"));
    const next = event.key === "ArrowDown" ? at + 1 : (at < 0 ? all.length : at) - 1;
    choose(all[Math.max(0, Math.min(all.length - 1, next))]);
  });

  // The rows were replaced: who was walking through them stays where he was.
  document.addEventListener("visits:renewed", () => {
    const row = rows().find((one) => chosen && key(one) === chosen);
    if (row) choose(row);
  });
})();
