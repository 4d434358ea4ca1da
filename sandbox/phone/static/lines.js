// How the lines of a chat look.

import { PERSON, make, timeOf } from "./dom.js";

const QUIET = 300;

// `deeds`: open(url), say(text, msgmenuId).
export function drawLines(entries, account, deeds) {
  const drawn = [];
  let last = 0;
  for (const entry of entries) {
    if (entry.at - last > QUIET) drawn.push(make("p", { class: "time" }, timeOf(entry.at)));
    last = entry.at;
    drawn.push(drawLine(entry, account, deeds));
  }
  return drawn;
}

function drawLine(entry, account, deeds) {
  if (entry.side === "note") return make("p", { class: "note", "data-testid": "line-note" }, entry.body.text);
  if (entry.kind === "template") return drawCard(entry.body, deeds);
  if (entry.kind === "news") return make("div", { class: "articles" }, ...entry.body.articles.map((one) => drawArticle(one, deeds)));
  const avatar = entry.side === "me"
    ? make("img", { class: "avatar", src: `/phone/avatar/${PERSON}.svg`, alt: "" })
    : make("div", { class: `avatar avatar--${entry.chat === "hospital" ? "account" : entry.chat}`, "aria-hidden": "true" }, account.slice(0, 1));
  const who = make("span", { class: "unseen" }, entry.side === "me" ? "我：" : `${account}：`);
  const bubble = make("div", { class: "bubble", "data-testid": `line-${entry.side}` }, who, ...content(entry, deeds));
  return make("div", { class: `line line--${entry.side}` }, avatar, bubble);
}

function content(entry, deeds) {
  if (entry.kind === "image") return [make("img", { class: "bubble__image", src: entry.body.url, alt: "图片" })];
  if (entry.kind === "msgmenu") {
    const items = entry.body.items.map((item) => make("button",
      { type: "button", class: "link", "data-testid": "msgmenu-item", onclick: () => deeds.say(item.content, item.id) }, item.content));
    return [entry.body.head, make("div", { class: "bubble__items" }, ...items), entry.body.tail];
  }
  return textWithLinks(entry.body.text, deeds);
}

const LINK = /<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>([\s\S]*?)<\/a>|https?:\/\/[^\s<>"'，。；！？）]+/gi;

// A text may hold links written as HTML, and bare addresses; all else is shown as it is.
function textWithLinks(text, deeds) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index));
    const address = match[1] ?? match[0];
    parts.push(link(address, match[2] ?? match[0], deeds));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

function link(address, text, deeds) {
  return make("a", { class: "link", href: address, "data-testid": "text-link", onclick: (event) => {
    event.preventDefault();
    follow(address, deeds);
  } }, text);
}

function follow(address, deeds) {
  if (address.startsWith("weixin://bizmsgmenu")) {
    const given = new URLSearchParams(address.split("?")[1]);
    deeds.say(given.get("msgmenucontent") || "", given.get("msgmenuid") || "0");
  } else {
    deeds.open(address);
  }
}

function drawCard(card, deeds) {
  const rows = card.rows.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]);
  const inside = [make("span", { class: "card__title" }, card.title), make("dl", { class: "card__rows" }, ...rows)];
  if (!card.url) return make("article", { class: "card", "data-testid": "template-card" }, ...inside);
  const more = make("button", { type: "button", class: "card__more", onclick: () => deeds.open(card.url), "data-testid": "card-open", "aria-label": `${card.title}，查看详情` },
    make("span", {}, "查看详情"), make("span", { "aria-hidden": "true" }, "›"));
  return make("article", { class: "card card--link", "data-testid": "template-card" }, ...inside, more);
}

function drawArticle(article, deeds) {
  return make("button", { type: "button", class: "article", "data-testid": "news-article", onclick: () => deeds.open(article.url) },
    article.picurl ? make("img", { class: "article__picture", src: article.picurl, alt: "" }) : null,
    make("span", { class: "article__title" }, article.title),
    article.description ? make("span", { class: "article__text" }, article.description) : null);
}
