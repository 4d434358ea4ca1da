// The foot of the hospital's chat: the published menu, or the field for a text.

import { byId, make } from "./dom.js";

let typing = false;
let drawn = "";
let openMenu = -1;

// `deeds`: say(text), tap(position), follow().
export function drawFoot(chat, follows, menu, deeds) {
  const key = JSON.stringify([chat, follows, menu, typing, openMenu]);
  if (key === drawn) return;
  drawn = key;
  const foot = byId("foot");
  foot.hidden = chat !== "hospital";
  if (foot.hidden) foot.replaceChildren();
  else if (!follows) foot.replaceChildren(make("button", { type: "button", class: "button button--main", "data-testid": "follow-here", onclick: deeds.follow }, "关注公众号"));
  else if (menu.length && !typing) foot.replaceChildren(menuBar(menu, deeds, () => drawFoot(chat, follows, menu, deeds)));
  else foot.replaceChildren(field(menu, deeds, () => drawFoot(chat, follows, menu, deeds)));
}

export function closeMenu() {
  openMenu = -1;
}

function menuBar(menu, deeds, again) {
  const toggle = make("button", { type: "button", class: "icon-button", "aria-label": "切换到键盘", "data-testid": "toggle-input", onclick: () => {
    typing = true;
    openMenu = -1;
    again();
    byId("say").focus();
  } }, "⌨");
  const tops = menu.map((button, index) => top(button, index, deeds, again));
  return make("div", { class: "menu", role: "group", "aria-label": "公众号菜单", "data-testid": "menu" }, toggle, ...tops);
}

function top(button, index, deeds, again) {
  const subs = button.sub_button || [];
  const name = make("button", {
    type: "button",
    class: "menu__top",
    "data-testid": `menu-${index}`,
    "aria-expanded": subs.length ? String(openMenu === index) : undefined,
    "aria-haspopup": subs.length ? "true" : undefined,
    onclick: () => {
      if (!subs.length) {
        openMenu = -1;
        again();
        deeds.tap([index]);
        return;
      }
      openMenu = openMenu === index ? -1 : index;
      again();
      if (openMenu === index) document.querySelector(".menu__subs button")?.focus();
      else document.querySelector(`[data-testid="menu-${index}"]`)?.focus();
    },
  }, subs.length ? make("span", { class: "menu__sign", "aria-hidden": "true" }, "≡ ") : "", button.name);
  const cell = make("div", { class: "menu__cell" }, name);
  if (openMenu === index) {
    const items = subs.map((sub, place) => make("li", {}, make("button", { type: "button", "data-testid": `menu-${index}-${place}`, onclick: () => {
      openMenu = -1;
      again();
      deeds.tap([index, place]);
    } }, sub.name)));
    const list = make("ul", { class: "menu__subs" }, ...items);
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      openMenu = -1;
      again();
      document.querySelector(`[data-testid="menu-${index}"]`)?.focus();
    });
    cell.prepend(list);
  }
  return cell;
}

function field(menu, deeds, again) {
  const input = make("input", { id: "say", class: "say__text", "aria-label": "发送消息", autocomplete: "off", maxlength: "2000", "data-testid": "say" });
  const form = make("form", { class: "say" },
    menu.length ? make("button", { type: "button", class: "icon-button", "aria-label": "切换到菜单", "data-testid": "toggle-menu", onclick: () => { typing = false; again(); } }, "≡") : null,
    input, make("button", { type: "submit", class: "button button--main button--small", "data-testid": "say-send" }, "发送"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value;
    if (!text.trim()) return;
    input.value = "";
    if (!(await deeds.say(text))) input.value = text;
  });
  return form;
}
