// The phone: which screen is shown, and what is new. All state is the sandbox's; this page asks for it.

import * as browser from "./browser.js";
import { PERSON, Refused, api, attempt, byId, make, own, timeOf, toast } from "./dom.js";
import { closeMenu, drawFoot } from "./foot.js";
import { drawLines } from "./lines.js";
import * as scanner from "./scan.js";

const EVERY = 700;
const HIDDEN_EVERY = 5000;
const BANNER = 6000;
const SCREENS = ["home", "chat", "profile", "browser"];

let screen = null;
let seenVersion = "";
let shown = "home";
let chat = "hospital";
let before = "home";
const drawnLines = {};
const seen = JSON.parse(localStorage.getItem(`seen-${PERSON}`) || "{}");

// -- screens ---------------------------------------------------------------------------------------------------

function show(name) {
  if (name === "browser") before = shown === "browser" ? before : shown;
  shown = name;
  for (const one of SCREENS) byId(`screen-${one}`).hidden = one !== name;
  draw();
  // Who opened it by key goes on there.
  const start = { home: "#chats button", chat: "#chat-back", profile: "#profile-back", browser: "#browser-close" }[name];
  if (document.activeElement.closest("[hidden]")) document.querySelector(start)?.focus({ preventScroll: true });
}

function openChat(name) {
  chat = name;
  closeMenu();
  document.querySelector(`[data-testid="banner-${name}"]`)?.remove();
  history.replaceState(null, "", `#${name}`);
  show("chat");
}

function openPage(address) {
  if (!/^https?:\/\//.test(address)) {
    toast("无法打开该链接");
    return;
  }
  const base = screen.account.bases.find((one) => address === one || address.startsWith(`${one}/`) || address.startsWith(`${one}?`));
  browser.open(base ? screen.person.origin + (address.slice(base.length) || "/") : address);
  show("browser");
}

// -- drawing ---------------------------------------------------------------------------------------------------

function draw() {
  if (!screen) return;
  drawPeople();
  if (shown === "home") drawChats();
  if (shown === "chat") drawChat();
  if (shown === "profile") drawProfile();
}

const entriesOf = (name) => screen.chats.find((one) => one.id === name).entries;
const unread = (name) => entriesOf(name).filter((entry) => entry.side === "them" && entry.id > (seen[name] || 0)).length;

function drawPeople() {
  const items = screen.people.map((person) => make("li", {},
    make("a", {
      class: "people__person",
      href: `${person.origin}/phone?person=${person.id}`,
      "aria-current": person.id === PERSON ? "page" : undefined,
      "data-testid": `person-${person.id}`,
    }, make("img", { class: "avatar", src: `/phone/avatar/${person.id}.svg`, alt: "" }),
    make("span", { class: "people__name" }, person.nickname),
    make("span", { class: "people__phone" }, [person.name, person.phone].filter(Boolean).join(" · ")))));
  replaceIfChanged(byId("people-list"), items, JSON.stringify(screen.people));
}

function drawChats() {
  const items = screen.chats
    .filter((one) => one.id === "hospital" || one.entries.length)
    .map((one) => {
      const last = one.entries.at(-1);
      const count = unread(one.id);
      return make("li", {}, make("button", { type: "button", class: "chats__chat", "data-testid": `chat-${one.id}`, onclick: () => openChat(one.id) },
        make("div", { class: `avatar avatar--${one.id === "hospital" ? "account" : one.id}`, "aria-hidden": "true" }, one.name.slice(0, 1)),
        make("span", { class: "chats__name" }, one.name),
        make("span", { class: "chats__time" }, last ? timeOf(last.at) : ""),
        make("span", { class: "chats__last" }, last ? summary(last) : screen.person.follows ? "服务号" : "服务号 · 未关注"),
        count ? make("span", { class: "badge", "data-testid": `unread-${one.id}` }, String(count), make("span", { class: "unseen" }, "条未读")) : null));
    });
  replaceIfChanged(byId("chats"), items, `${screen.version} ${JSON.stringify(seen)}`);
}

function summary(entry) {
  if (entry.kind === "template") return `[通知] ${entry.body.title}`;
  if (entry.kind === "news") return entry.body.articles[0].title;
  if (entry.kind === "image") return "[图片]";
  if (entry.kind === "msgmenu") return entry.body.head;
  return entry.body.text.replace(/<[^>]+>/g, "");
}

function drawChat() {
  const current = screen.chats.find((one) => one.id === chat);
  byId("chat-name").textContent = current.name;
  byId("profile-open").hidden = chat !== "hospital";
  const lines = byId("lines");
  const key = `${chat} ${current.entries.length} ${current.entries.at(-1)?.id}`;
  if (drawnLines.key !== key) {
    const atEnd = drawnLines.key?.split(" ")[0] !== chat || lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
    drawnLines.key = key;
    lines.replaceChildren(...drawLines(current.entries, current.name, deeds));
    if (atEnd) lines.scrollTop = lines.scrollHeight;
    for (const picture of lines.querySelectorAll("img")) {
      picture.addEventListener("load", () => { if (atEnd) lines.scrollTop = lines.scrollHeight; }, { once: true });
    }
  }
  seen[chat] = current.entries.at(-1)?.id || 0;
  localStorage.setItem(`seen-${PERSON}`, JSON.stringify(seen));
  drawFoot(chat, screen.person.follows, screen.account.menu, deeds);
}

function drawProfile() {
  byId("profile-follow").hidden = screen.person.follows;
  byId("profile-enter").hidden = !screen.person.follows;
  byId("profile-unfollow").hidden = !screen.person.follows;
}

function replaceIfChanged(box, children, key) {
  if (box.dataset.key === String(key)) return;
  box.dataset.key = key;
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  box.replaceChildren(...children);
  if (focused) box.querySelector(`[data-testid="${focused}"]`)?.focus();
}

// -- deeds -----------------------------------------------------------------------------------------------------

const deeds = {
  open: openPage,
  say: (text, msgmenuId) => attempt(async () => {
    await own("POST", "say", { text, msgmenu_id: msgmenuId || "" });
    await refresh();
    return true;
  }),
  follow: () => attempt(async () => {
    await own("POST", "follow");
    openChat("hospital");
    await refresh();
  }),
  tap: (position) => attempt(async () => {
    const next = await own("POST", "tap", { position });
    if (next.do === "scan") scanner.open(async (text) => act(await own("POST", "tap", { position, scanned: text })));
    else act(next);
  }),
};

// Does what a scan or a tap leads to.
function act(next) {
  if (next.do === "open") openPage(next.url);
  if (next.do === "nothing") toast(next.text);
  if (next.do === "chat") {
    if (browser.isOpen()) browser.close();
    openChat("hospital");
  }
  refresh();
}

const actOnScan = async (text) => act(await scanner.scanned(text));

// -- news ------------------------------------------------------------------------------------------------------

async function refresh() {
  const news = await own("GET", `phone?since=${seenVersion}`);
  if (!news) return;
  const first = screen === null;
  const known = first ? {} : Object.fromEntries(screen.chats.map((one) => [one.id, one.entries.at(-1)?.id || 0]));
  screen = news;
  seenVersion = news.version;
  byId("clock").textContent = new Date(news.now * 1000).toLocaleTimeString("zh-CN", { hour: "numeric", minute: "2-digit", hour12: false });
  if (!first) {
    for (const one of news.chats) {
      const fresh = one.entries.filter((entry) => entry.id > known[one.id] && entry.side === "them");
      if (fresh.length && !(shown === "chat" && chat === one.id)) banner(one, fresh.at(-1));
    }
  }
  draw();
}

function banner(from, entry) {
  const box = make("button", { type: "button", class: "banner", "data-testid": `banner-${from.id}`, onclick: () => {
    box.remove();
    openChat(from.id);
  } }, make("strong", {}, from.name), make("span", {}, summary(entry)));
  byId("banners").replaceChildren(box);
  setTimeout(() => box.remove(), BANNER);
}

async function watch() {
  for (;;) {
    try {
      await refresh();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? HIDDEN_EVERY : EVERY));
  }
}

// -- start -----------------------------------------------------------------------------------------------------

function setUpPeople() {
  byId("person-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    try {
      const person = await api("POST", "people", given);
      window.location.assign(`${person.origin}/phone?person=${person.id}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      byId("person-error").textContent = error.message;
      byId("person-error").hidden = false;
    }
  });
  byId("people-close").addEventListener("click", () => {
    document.body.classList.remove("choosing");
    byId("people-open")?.focus();
  });
  if (!PERSON) document.body.classList.add("choosing", "nobody");
}

function setUpPhone() {
  byId("people-open").addEventListener("click", () => {
    document.body.classList.add("choosing");
    byId("people-close").focus();
  });
  byId("chat-back").addEventListener("click", () => {
    history.replaceState(null, "", "#");
    show("home");
  });
  byId("profile-open").addEventListener("click", () => show("profile"));
  byId("profile-back").addEventListener("click", () => show("chat"));
  byId("profile-enter").addEventListener("click", () => openChat("hospital"));
  byId("profile-follow").addEventListener("click", deeds.follow);
  byId("profile-unfollow").addEventListener("click", () => attempt(async () => {
    await own("POST", "unfollow");
    await refresh();
  }));
  byId("scan-open").addEventListener("click", () => scanner.open(actOnScan));
  scanner.setUp();
  browser.setUp({ onLeave: () => show(before), onScanned: (text) => attempt(() => actOnScan(text)) });
  const wanted = window.location.hash.slice(1);
  if (["hospital", "pay", "sms"].includes(wanted)) chat = wanted;
  refresh().then(() => show(chat === wanted ? "chat" : "home"), () => {}).then(watch);
}

setUpPeople();
if (PERSON) setUpPhone();
