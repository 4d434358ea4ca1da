// The browser inside the app: one frame on the person's own host, so that it can be asked and steered.

import { api, attempt, byId, make, toast } from "./dom.js";

let frame = null;
let depth = 0;
let comingBack = false;
let address = "";
let leave = () => {};

export function setUp({ onLeave, onScanned }) {
  leave = onLeave;
  byId("browser-close").addEventListener("click", close);
  byId("browser-back").addEventListener("click", back);
  byId("browser-reload").addEventListener("click", () => {
    comingBack = true;
    frame?.contentWindow.location.reload();
  });
  byId("browser-share").addEventListener("click", () => showCard(byId("browser-card").hidden));
  byId("browser-scan").addEventListener("click", () => attempt(() => scanPage(onScanned)));
  window.addEventListener("message", (event) => {
    if (event.origin !== window.location.origin || !frame || event.source !== frame.contentWindow) return;
    const told = event.data || {};
    if (told.sandbox === "close") close();
    if (told.sandbox === "page") {
      const page = told.url.split("#")[0];
      if (page !== address) keepCard(null);
      address = page;
      showTitle(told.title);
    }
    if (told.sandbox === "scanned") onScanned(told.text);
    if (told.sandbox === "share") keepCard(told.share);
    if (told.sandbox === "option-menu") byId("browser-scan").hidden = !told.visible;
  });
}

export function isOpen() {
  return frame !== null;
}

export function open(target) {
  frame?.remove();
  depth = -1;
  byId("browser-scan").hidden = false;
  keepCard(null);
  const url = new URL(target, window.location.href);
  showTitle(url.origin === window.location.origin ? "正在打开…" : url.host);
  if (url.origin !== window.location.origin) {
    showOutside(url.href);
    return;
  }
  frame = make("iframe", { title: "网页", "data-testid": "browser-page", name: "browser-page" });
  frame.addEventListener("load", loaded);
  frame.src = url.href;
  byId("browser-frame").replaceChildren(frame);
}

function loaded() {
  if (comingBack) comingBack = false;
  else depth += 1;
  try {
    showTitle(frame.contentDocument.title || frame.contentWindow.location.pathname);
  } catch {
    showTitle("外部网页");
  }
}

// What the page would be shared as; a page that sets nothing has no card of its own.
function keepCard(card) {
  byId("browser-share").hidden = card === null;
  showCard(false);
  if (card === null) return;
  byId("browser-card").replaceChildren(
    make("div", { class: "shared__text" },
      make("strong", { "data-testid": "card-title" }, card.title || ""),
      make("span", { "data-testid": "card-text" }, card.desc || ""),
      make("small", { "data-testid": "card-link" }, card.link || "")),
    card.imgUrl ? make("img", { class: "shared__picture", src: card.imgUrl, alt: "", width: 64, height: 64 }) : null);
}

function showCard(isShown) {
  byId("browser-card").hidden = !isShown;
  byId("browser-share").setAttribute("aria-expanded", String(isShown));
}

function showTitle(text) {
  byId("browser-title").textContent = text || "网页";
}

// Pages elsewhere mostly refuse to stand in a frame.
function showOutside(address) {
  frame = null;
  byId("browser-frame").replaceChildren(make("div", { class: "outside", "data-testid": "outside" },
    make("p", {}, "即将离开微信，打开外部网页："),
    make("p", { class: "outside__url" }, address),
    make("a", { class: "button button--main", href: address, target: "_blank", rel: "noopener" }, "继续访问")));
}

function back() {
  if (frame && depth > 0) {
    depth -= 1;
    comingBack = true;
    frame.contentWindow.history.back();
  } else {
    close();
  }
}

export function close() {
  frame?.remove();
  frame = null;
  byId("browser-frame").replaceChildren();
  leave();
}

// -- codes on the page -----------------------------------------------------------------------------------------

async function scanPage(onScanned) {
  if (!frame) return;
  const page = frame.contentDocument;
  for (const drawing of page.querySelectorAll("img, canvas, svg")) {
    const box = drawing.getBoundingClientRect();
    if (box.width < 60 || box.height < 60) continue;
    const text = await read(drawing);
    if (text) {
      onScanned(text);
      return;
    }
  }
  toast("网页中没有发现二维码");
}

async function read(drawing) {
  if (drawing.localName === "img") {
    const ticket = new URL(drawing.currentSrc || drawing.src, window.location.href).searchParams.get("ticket");
    if (ticket) return ticket;
  }
  const picture = await pictureOf(drawing).catch(() => null);
  if (!picture) return null;
  const form = new FormData();
  form.append("picture", picture, "page.png");
  return (await api("POST", "bridge/decode", form)).text;
}

async function pictureOf(drawing) {
  if (drawing.localName === "canvas") return new Promise((resolve) => drawing.toBlob(resolve));
  if (drawing.localName === "img") return (await fetch(drawing.currentSrc || drawing.src)).blob();
  const copy = drawing.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", 600);
  copy.setAttribute("height", 600);
  const picture = new Image();
  picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  await picture.decode();
  const canvas = make("canvas", { width: 640, height: 640 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, 640, 640);
  pen.drawImage(picture, 20, 20, 600, 600);
  return new Promise((resolve) => canvas.toBlob(resolve));
}
