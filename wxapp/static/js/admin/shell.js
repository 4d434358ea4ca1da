// Improves staff pages that work without it: questions before changes, one press per form, remembered menu.
(() => {
  "use strict";

  // --- questions before changes
  const dialog = document.querySelector("[data-ask]");
  let asked = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || event.defaultPrevented) return;
    const question = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (question && dialog && form.dataset.agreed !== "yes") {
      event.preventDefault();
      asked = { form, submitter: event.submitter };
      dialog.querySelector("[data-ask-text]").textContent = question;
      dialog.showModal();
      return;
    }
    delete form.dataset.agreed;
    const opensAnother = event.submitter && event.submitter.formTarget === "_blank";
    if (form.method === "post" && !opensAnother) waitFor(form);
  });
  if (dialog) {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "yes" && asked) {
        asked.form.dataset.agreed = "yes";
        asked.form.requestSubmit(asked.submitter || undefined);
      }
      asked = null;
      dialog.returnValue = "";
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("no");
    });
  }

  // --- one press per form: the button rests until the answer is there
  function waitFor(form) {
    // After this turn, so that the name and value of the pressed button are sent.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit]")) {
        button.disabled = true;
        button.setAttribute("aria-busy", "true");
      }
    });
  }
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[aria-busy]")) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  });

  // --- filters: a choice is enough
  for (const choice of document.querySelectorAll("[data-submit]")) {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  }

  // --- menu: which groups are open, remembered on this machine
  const KEY = "wxapp-menu";
  const read = () => {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
  };
  for (const group of document.querySelectorAll("[data-group]")) {
    if (read()[group.dataset.group] === false && !group.querySelector("[aria-current]")) group.open = false;
    group.addEventListener("toggle", () => {
      try { localStorage.setItem(KEY, JSON.stringify({ ...read(), [group.dataset.group]: group.open })); } catch { /* private mode */ }
    });
  }
  const current = document.querySelector(".sidebar [aria-current]");
  if (current) current.scrollIntoView({ block: "nearest" });

  // --- keyboard: "/" goes to the search, Escape closes what is open
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const box = document.querySelector('[data-shortcut="/"]');
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "Escape") {
      for (const open of document.querySelectorAll("details.topbar__me[open], details.row-more[open]")) open.open = false;
      if (location.hash === "#sidebar") location.hash = "";
    }
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.topbar__me[open], details.row-more[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  // --- copying and printing
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (!button) return;
    if (button.dataset.copy !== undefined && navigator.clipboard) {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.setAttribute("data-done", "已复制");
    } else if (button.dataset.print !== undefined) {
      window.print();
    }
  });

  // --- unread messages: asked for after the page, and again each minute, without keeping anybody signed in
  const inbox = document.querySelector("[data-unread]");
  if (inbox) {
    const shown = inbox.querySelector("[data-unread-count]");
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(inbox.dataset.unread, { headers: { Accept: "application/json", "X-Background": "yes" }, credentials: "same-origin" });
        if (!answer.ok) return;
        const { unread } = await answer.json();
        shown.textContent = unread > 99 ? "99+" : String(unread);
        shown.hidden = !unread;
        inbox.setAttribute("aria-label", unread ? `站内信，${unread}条未读` : "站内信");
      } catch { /* offline: the next minute asks again */ }
    };
    look();
    setInterval(look, 60000);
  }

  // --- after a refusal, to the first wrong field
  const wrong = document.querySelector(".content [aria-invalid=true], .bare [aria-invalid=true]");
  if (wrong) wrong.focus();
})();
