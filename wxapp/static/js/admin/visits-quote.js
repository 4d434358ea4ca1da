// The form of a quote: projects are found while typing, and everything is counted. The server counts again.
(() => {
  "use strict";

  const form = document.querySelector("[data-quote-form]");
  if (!form) return;
  const rows = form.querySelector("[data-quote-rows]");
  const template = form.querySelector("[data-quote-template]");
  const offer = form.querySelector("[data-quote-offer]");
  const submit = form.querySelector("button[type=submit]");

  const fen = (text) => {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
    return match ? Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0")) : null;
  };
  const yuan = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
  const all = () => [...rows.querySelectorAll("[data-quote-row]")];
  const find = (row, name) => row.querySelector(`[data-quote-${name}]`);

  // --- counting
  const mark = (input, isWrong) => {
    if (isWrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const count = () => {
    let total = 0;
    let list = 0;
    for (const row of all()) {
      const price = fen(find(row, "price").value);
      const number = /^0*[1-9]\d{0,2}$/.test(find(row, "count").value.trim()) ? Number(find(row, "count").value) : null;
      const listPrice = Number(row.dataset.listPrice);
      const isRight = price !== null && number !== null;
      find(row, "sum").textContent = isRight ? `¥${yuan(price * number)}` : "—";
      mark(find(row, "price"), price === null);
      mark(find(row, "count"), number === null);
      let below = "";
      if (price === null) below = "单价格式不正确，例如 128 或 128.50";
      else if (number === null) below = "数量应为1至999，不需要的项目请移除";
      else if (price > listPrice) below = "高于价目表";
      else if (price < listPrice) below = `低于价目表${yuan(listPrice - price)}元`;
      find(row, "below").textContent = below;
      if (isRight) {
        total += price * number;
        list += listPrice * number;
      }
    }
    const given = offer.value.trim() ? fen(offer.value) : total;
    form.querySelector("[data-quote-total]").textContent = `¥${yuan(total)}`;
    form.querySelector("[data-quote-list-total]").textContent = `¥${yuan(list)}`;
    form.querySelector("[data-quote-share]").textContent = list && given !== null ? `${Math.floor(given * 1000 / list) / 10}%` : "—";
    form.querySelector("[data-quote-empty]").hidden = all().length > 0;
    const wrong = form.querySelector("[data-quote-wrong]");
    wrong.textContent = given === null ? "金额格式不正确，例如 128 或 128.50" : given > total && total ? `不能高于报价合计 ${yuan(total)} 元` : "";
    wrong.hidden = !wrong.textContent;
    mark(offer, !wrong.hidden);
  };
  form.addEventListener("input", count);
  // A row without a count would be left out by the server, who takes it for one that was only offered.
  form.addEventListener("submit", (event) => {
    count();
    const first = form.querySelector("[aria-invalid=true]");
    if (!first) return;
    event.preventDefault();
    first.focus();
  });

  // --- leaving: a quote that nobody has submitted is not lost by a wrong click
  let isUnsaved = form.hasAttribute("data-unsaved");
  form.addEventListener("input", () => { isUnsaved = true; });
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) isUnsaved = false; });
  window.addEventListener("beforeunload", (event) => { if (isUnsaved) event.preventDefault(); });

  const equip = (row) => {
    const remove = find(row, "remove");
    remove.hidden = false;
    remove.addEventListener("click", () => { row.remove(); isUnsaved = true; count(); box.focus(); });
  };

  // --- projects while typing
  const search = document.querySelector("[data-quote-search]");
  const box = search.querySelector("input[type=search]");
  const found = search.querySelector("[role=listbox]");
  let projects = [];
  let at = -1;
  let asked = 0;
  let timer = 0;
  search.querySelector("button").hidden = true;
  document.querySelector("[data-quote-hint]").textContent = "输入时自动查找，↑↓ 选择，回车添加；按 Ctrl + 回车提交报价";
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-controls", found.id);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  // Offered by a search without a script, never chosen: they are found again here.
  for (const row of all()) if (!find(row, "count").value.trim()) row.remove();

  const close = () => {
    found.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const point = (to) => {
    const options = [...found.children].filter((one) => one.getAttribute("role") === "option");
    if (!options.length) return;
    at = (to + options.length) % options.length;
    options.forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
    box.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    found.replaceChildren();
    projects.forEach((project, number) => {
      const option = document.createElement("li");
      option.id = `quote-found-${number}`;
      option.setAttribute("role", "option");
      const name = document.createElement("span");
      name.textContent = project.operation_name && project.operation_name !== project.name ? `${project.name}（${project.operation_name}）` : project.name;
      const price = document.createElement("span");
      price.className = "money";
      price.textContent = `¥${project.price}`;
      option.append(name, price);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); add(project); });
      found.append(option);
    });
    if (!projects.length) {
      const none = document.createElement("li");
      none.className = "quote-search__none";
      none.textContent = "没有找到项目，请换个名称";
      found.append(none);
    }
    found.hidden = false;
    box.setAttribute("aria-expanded", "true");
    point(0);
  };
  const look = async () => {
    const name = box.value.trim();
    if (!name) { close(); return; }
    const mine = ++asked;
    try {
      const answer = await fetch(`${search.dataset.quoteSearch}?name=${encodeURIComponent(name)}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const list = await answer.json();
      if (mine !== asked) return;
      projects = list;
      show();
    } catch {
      if (mine !== asked) return;
      found.replaceChildren();
      const none = document.createElement("li");
      none.className = "quote-search__none";
      none.textContent = "暂时无法查找，请检查网络后重试";
      found.append(none);
      found.hidden = false;
    }
  };
  const add = (project) => {
    isUnsaved = true;
    const there = all().find((row) => row.querySelector("input[type=hidden]").value === project.id);
    if (there) {
      const number = find(there, "count");
      number.value = String(Math.min(999, (Number(number.value) || 0) + 1));
    } else {
      const number = Math.max(0, ...all().map((row) => Number(row.querySelector("input[type=hidden]").name.split("-")[1]))) + 1;
      const row = template.content.firstElementChild.cloneNode(true);
      for (const input of row.querySelectorAll("input")) input.name = input.name.replace(/-0$/, `-${number}`);
      row.querySelector("input[type=hidden]").value = project.id;
      row.dataset.listPrice = String(fen(project.price));
      find(row, "name").textContent = project.name;
      find(row, "category").textContent = project.operation_name;
      find(row, "list").textContent = project.price;
      find(row, "price").value = project.price;
      find(row, "price").setAttribute("aria-label", `单价：${project.name}`);
      find(row, "count").setAttribute("aria-label", `数量：${project.name}`);
      find(row, "remove").setAttribute("aria-label", `移除：${project.name}`);
      rows.append(row);
      equip(row);
    }
    box.value = "";
    close();
    count();
    box.focus();
  };
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      point(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(submit);
    }
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!found.hidden && at >= 0 && projects[at]) add(projects[at]);
    else look();
  });

  // --- keyboard: Enter in a row or "n" elsewhere goes on with the next project, Ctrl + Enter submits
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); form.requestSubmit(submit); return; }
    if (event.target.matches("[data-quote-price], [data-quote-count]")) { event.preventDefault(); box.focus(); }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select") || !box.checkVisibility()) return;
    event.preventDefault();
    box.focus();
  });

  all().forEach(equip);
  count();
  if (!all().length) box.focus();
})();
