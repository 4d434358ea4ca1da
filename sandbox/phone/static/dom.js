// Small tools around the document and the JSON API.

export const byId = (id) => document.getElementById(id);

export const PERSON = document.body.dataset.person;

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// A refusal by the sandbox; its message is for the person.
export class Refused extends Error {}

export async function api(method, path, body) {
  const isForm = body instanceof FormData;
  let answer;
  try {
    answer = await fetch("/__sandbox/" + path, {
      method,
      headers: body && !isForm ? { "Content-Type": "application/json" } : {},
      body: body && !isForm ? JSON.stringify(body) : body,
    });
  } catch {
    throw new Refused("连接不上沙箱");
  }
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.error || `出错了（${answer.status}）`);
  return told;
}

export const own = (method, path, body) => api(method, `people/${PERSON}/${path}`, body);

let toastTimer;
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 2600);
}

// Runs a deed and shows its refusal as a toast.
export async function attempt(deed) {
  try {
    return await deed();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
    return null;
  }
}

export function timeOf(seconds) {
  const moment = new Date(seconds * 1000);
  const clock = moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const today = new Date().toDateString() === moment.toDateString();
  return today ? clock : `${moment.getMonth() + 1}月${moment.getDate()}日 ${clock}`;
}
