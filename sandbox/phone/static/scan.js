// 扫一扫: pasted text, a chosen or a dropped picture.

import { Refused, byId, own } from "./dom.js";

let then = () => {};

export function setUp() {
  const dialog = byId("scan");
  byId("scan-cancel").addEventListener("click", () => dialog.close());
  byId("scan-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("scan-text").value.trim();
    const file = byId("scan-file").files[0];
    if (text) finish(() => then(text));
    else if (file) finish(() => readFile(file));
    else problem("请粘贴内容，或选择图片");
  });
  byId("scan-file").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (file) finish(() => readFile(file));
  });
  const drop = byId("scan-drop");
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("drop--over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("drop--over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("drop--over");
    const file = event.dataTransfer.files[0];
    if (file) finish(() => readFile(file));
  });
}

// Opens the scanner; `found(text)` says what becomes of it and may refuse.
export function open(found) {
  then = found;
  byId("scan-form").reset();
  byId("scan-error").hidden = true;
  byId("scan").showModal();
  byId("scan-text").focus();
}

async function readFile(file) {
  const form = new FormData();
  form.append("picture", file);
  const answer = await fetch("/__sandbox/bridge/decode", { method: "POST", body: form });
  const { text } = await answer.json();
  if (!text) throw new Refused("未发现二维码");
  return then(text);
}

async function finish(deed) {
  try {
    await deed();
    byId("scan").close();
    // The button that opened the scanner may be on a screen that has gone.
    if (document.activeElement === document.body || document.activeElement.closest("[hidden]")) {
      document.querySelector(".screen:not([hidden]) button")?.focus();
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error.message);
  }
}

function problem(text) {
  byId("scan-error").textContent = text;
  byId("scan-error").hidden = false;
}

export const scanned = (text) => own("POST", "scan", { text });
