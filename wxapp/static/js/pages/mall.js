// Improves the mall's pages, all of which work without: the cart without leaving the page, plus and minus beside a
// quantity, and suggestions below the search field. What was searched for is kept in this browser only.
"use strict";

(() => {
  const HTML = { Accept: "text/html" };

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  // --- a sentence that goes away by itself ---

  const toast = element("p", "toast");
  toast.setAttribute("role", "status");
  toast.hidden = true;
  document.body.append(toast);
  let toastEnds = 0;

  function say(text) {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(toastEnds);
    toastEnds = setTimeout(() => {
      toast.hidden = true;
    }, 2500);
  }

  // --- into the cart: this page is the same for everybody, so the form is fetched from the visitor's own ---

  function showCount(count) {
    const cart = document.querySelector('.tab-bar__item[href="/cart"] .tab-bar__icon');
    if (!cart || !count) {
      return;
    }
    const badge = cart.querySelector(".badge") || cart.appendChild(element("span", "badge"));
    badge.textContent = count > 99 ? "99+" : count;
    badge.setAttribute("aria-label", `${count}项`);
  }

  function addressOf(control) {
    if (control.tagName === "A") {
      return control.href;
    }
    const query = new URLSearchParams(new FormData(control.form));
    return `${control.formAction}?${query}`;
  }

  async function addToCart(address) {
    const page = await fetch(address, { headers: HTML });
    const form = new DOMParser().parseFromString(await page.text(), "text/html").querySelector('form[action="/cart/add"]');
    if (!form) {
      return false; // nobody is signed in yet: the page itself leads there
    }
    const answer = await fetch("/cart/add", {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    const told = await answer.json();
    say(told.message || told.title || "未能加入购物车");
    showCount(told.count);
    return true;
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest("[data-cart]");
    if (!control || event.ctrlKey || event.metaKey || (control.form && !control.form.checkValidity())) {
      return;
    }
    event.preventDefault();
    if (control.dataset.busy) {
      return;
    }
    control.dataset.busy = "1";
    const address = addressOf(control);
    addToCart(address)
      .catch(() => false)
      .then((isDone) => {
        delete control.dataset.busy;
        if (!isDone) {
          window.location.assign(address);
        }
      });
  });

  // --- the cart's page: its forms change it in place ---

  function addSteps(root) {
    for (const stepper of root.querySelectorAll("[data-stepper]")) {
      const input = stepper.querySelector("input");
      const step = (by, sign, label) => {
        const button = element("button", "stepper__button", sign);
        button.type = "button";
        button.setAttribute("aria-label", label);
        button.addEventListener("click", () => {
          const wanted = (Number.parseInt(input.value, 10) || 0) + by;
          input.value = Math.min(Math.max(wanted, Number(input.min)), Number(input.max));
        });
        return button;
      };
      input.before(step(-1, "−", "减少一件"));
      input.after(step(1, "+", "增加一件"));
    }
  }

  async function swap(form, pressed) {
    const fields = new URLSearchParams(new FormData(form));
    if (pressed && pressed.name) {
      fields.append(pressed.name, pressed.value);
    }
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: HTML });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector("#content");
    const tabs = page.querySelector(".tab-bar");
    if (!content || !tabs || !page.querySelector(".page-mall-cart")) {
      window.location.assign("/cart");
      return;
    }
    document.querySelector("#content").replaceWith(content);
    document.querySelector(".tab-bar").replaceWith(tabs);
    addSteps(content);
    const told = page.querySelector(".notice");
    if (told) {
      say(told.textContent.trim());
    }
    const again = pressed && pressed.getAttribute("aria-label");
    const same = again && [...content.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === again);
    if (same) {
      same.focus({ preventScroll: true });
    }
  }

  if (document.querySelector(".page-mall-cart")) {
    // Before h5.js hears of it: a form that stays on its page may be sent again.
    document.addEventListener(
      "submit",
      (event) => {
        const form = event.target;
        if (!form.classList.contains("cart")) {
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        if (form.dataset.sent) {
          return;
        }
        form.dataset.sent = "1";
        const pressed = event.submitter;
        swap(form, pressed).catch(() => window.location.assign("/cart"));
      },
      true,
    );
  }
  addSteps(document);

  // --- search ---

  const KEPT = "wxapp-mall-searches";
  const search = document.querySelector("[data-suggestions]");

  function kept() {
    try {
      const found = JSON.parse(window.localStorage.getItem(KEPT) || "[]");
      return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
    } catch {
      return []; // the browser keeps nothing for us
    }
  }

  function keep(words) {
    try {
      window.localStorage.setItem(KEPT, JSON.stringify(words));
    } catch {
      // as above
    }
  }

  function suggest() {
    const input = search.querySelector("input[type=search]");
    const panel = element("div", "suggestions");
    panel.hidden = true;
    search.append(panel);
    let asked = "";
    let waiting = 0;

    function show(title, words, isHistory) {
      panel.replaceChildren();
      panel.hidden = !words.length;
      if (!words.length) {
        return;
      }
      const head = element("p", "suggestions__title", title);
      if (isHistory) {
        const clear = element("button", "suggestions__clear", "清空");
        clear.type = "button";
        clear.addEventListener("click", () => {
          keep([]);
          show("", [], true);
        });
        head.append(clear);
      }
      const list = element("ul", "suggestions__list");
      for (const word of words) {
        const link = element("a", "suggestions__word", word);
        link.href = `/mall?q=${encodeURIComponent(word)}`;
        link.addEventListener("click", () => note(word));
        const item = document.createElement("li");
        item.append(link);
        list.append(item);
      }
      panel.append(head, list);
    }

    function note(word) {
      keep([word, ...kept().filter((one) => one !== word)].slice(0, 10));
    }

    async function ask() {
      const text = input.value.trim();
      asked = text;
      if (!text) {
        show("最近搜索", kept(), true);
        return;
      }
      const answer = await fetch(`${search.dataset.suggestions}?q=${encodeURIComponent(text)}`);
      if (answer.ok && asked === text) {
        show("猜您想搜", (await answer.json()).words, false);
      }
    }

    function later() {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask().catch(() => show("", [], false)), 200);
    }

    input.addEventListener("focus", later);
    input.addEventListener("input", (event) => {
      if (!event.isComposing) {
        later(); // letters that are about to become signs are nothing to search for
      }
    });
    input.addEventListener("compositionend", later);
    search.addEventListener("submit", () => {
      if (input.value.trim()) {
        note(input.value.trim().slice(0, 30));
      }
    });
    document.addEventListener("click", (event) => {
      if (!search.contains(event.target)) {
        panel.hidden = true;
      }
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        panel.hidden = true;
      }
    });
  }

  if (search) {
    suggest();
  }
})();
