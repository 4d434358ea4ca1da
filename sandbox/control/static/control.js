// The control page: asks the JSON API once a second and shows what it says.

const EVERY = 1200;
const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

async function api(method, path, body) {
  const answer = await fetch("/__sandbox/" + path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error || `出错了（${answer.status}）`);
  return told;
}

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
  if (text) byId("problem").scrollIntoView({ block: "nearest" });
}

async function attempt(deed) {
  try {
    const done = await deed();
    problem("");
    return done;
  } catch (error) {
    problem(error.message);
    return null;
  }
}

const drawn = {};
function changed(name, value) {
  const key = JSON.stringify(value);
  if (drawn[name] === key) return false;
  drawn[name] = key;
  return true;
}

const timeOf = (seconds) => new Date(seconds * 1000).toLocaleTimeString("zh-CN", { hour12: false });
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;

function fill(name, rows, items) {
  byId(rows).replaceChildren(...items);
  byId(`${name}-empty`).hidden = items.length > 0;
}

// -- calls -----------------------------------------------------------------------------------------------------

const open = new Set();

async function drawCalls() {
  const asked = new URLSearchParams(new FormData(byId("calls-filter")));
  asked.set("limit", "150");
  const calls = (await api("GET", `calls?${asked}`)).reverse();
  if (!changed("calls", [calls.map((call) => [call.id, call.status, call.answer.length]), [...open]])) return;
  fill("calls", "calls-rows", calls.flatMap(drawCall));
}

function drawCall(call) {
  const bad = call.status === null || call.status >= 400 || /"errcode": ?(?!0\b)-?\d/.test(call.answer);
  const row = make("tr", {},
    make("td", {}, timeOf(call.at)),
    make("td", {}, call.direction === "in" ? "收到" : "发出"),
    make("td", {}, make("button", { type: "button", class: "call-name", "aria-expanded": String(open.has(call.id)), onclick: () => toggle(call.id) }, `${call.method} ${call.endpoint}`)),
    make("td", { class: bad ? "bad" : "good" }, String(call.status ?? "无应答")),
    make("td", { class: "number" }, String(call.took_ms)),
    make("td", {}, call.note));
  if (!open.has(call.id)) return [row];
  const headers = (given) => Object.entries(given).map(([name, value]) => `${name}: ${value}`).join("\n");
  const query = new URLSearchParams(call.query).toString();
  const request = `${call.method} ${call.path}${query ? "?" + query : ""}\n${headers(call.headers)}\n\n${call.body}`;
  return [row, make("tr", {}, make("td", { colspan: "6" }, make("pre", {}, request), make("pre", {}, `${call.status ?? "无应答"}\n${headers(call.answer_headers)}\n\n${call.answer}`)))];
}

function toggle(id) {
  if (!open.delete(id)) open.add(id);
  drawCalls();
}

// -- faults, pushes --------------------------------------------------------------------------------------------

async function drawFaults() {
  const faults = await api("GET", "faults");
  if (!changed("faults", faults)) return;
  const names = Object.fromEntries([...document.querySelectorAll("[name=kind] option")].map((one) => [one.value, one.textContent]));
  fill("faults", "faults-list", faults.map((fault) => make("li", {},
    make("div", {}, make("strong", {}, fault.endpoint), ` ${names[fault.kind]}`,
      make("small", {}, `还剩 ${fault.left ?? "不限"} 次，已发生 ${fault.hits} 次`)),
    make("button", { type: "button", class: "small", "aria-label": `撤回 ${fault.endpoint}`, onclick: () => attempt(async () => {
      await api("DELETE", `faults/${fault.id}`);
      await drawFaults();
    }) }, "撤回"))));
}

const DELIVERIES = { taken: "已接收", replied: "已回复", refused: "HTTP 错误", "no answer": "无应答" };
const deliveryOf = (one) => DELIVERIES[one.outcome] || "回复无效";
const OUTCOMES = { waiting: "等待中", taken: "已接收", replied: "已回复", failed: "失败", lost: "已丢弃" };

async function drawPushes() {
  const pushes = (await api("GET", "pushes")).slice(-60).reverse();
  if (!changed("pushes", pushes)) return;
  fill("pushes", "pushes-list", pushes.map((push) => make("li", {},
    make("div", {}, make("strong", {}, push.name), ` → 用户 ${push.person_id} `,
      make("span", { class: push.outcome === "failed" ? "bad" : "good" }, OUTCOMES[push.outcome]),
      make("small", {}, `送达 ${push.deliveries.length} 次：${push.deliveries.map(deliveryOf).join("，") || "—"}`)),
    make("button", { type: "button", class: "small", onclick: () => attempt(async () => {
      await api("POST", `pushes/${push.id}/again`, { wait: false });
      await drawPushes();
    }) }, "再推一次"))));
}

async function drawPeople() {
  const people = await api("GET", "people");
  if (!changed("people", people)) return;
  const select = document.querySelector("[name=person]");
  const chosen = select.value;
  select.replaceChildren(...people.map((person) => make("option", { value: person.id }, `${person.id} ${person.nickname}`)));
  if (chosen) select.value = chosen;
}

const EXAMPLES = {
  text: { Content: "你好", MsgId: 1 },
  subscribe: { Event: "subscribe", EventKey: "" },
  unsubscribe: { Event: "unsubscribe", EventKey: "" },
  SCAN: { Event: "SCAN", EventKey: "scene", Ticket: "ticket" },
  CLICK: { Event: "CLICK", EventKey: "key" },
  VIEW: { Event: "VIEW", EventKey: "https://example.org/" },
  LOCATION: { Event: "LOCATION", Latitude: "31.2", Longitude: "121.4", Precision: "60" },
};

// -- payments, texts -------------------------------------------------------------------------------------------

async function drawPay() {
  const orders = (await api("GET", "pay/orders")).orders.slice(-100).reverse();
  const refunds = (await api("GET", "pay/refunds")).refunds.slice(-100).reverse();
  const transfers = (await api("GET", "pay/transfers")).transfers.slice(-100).reverse();
  if (!changed("pay", [orders, refunds, transfers])) return;
  fill("orders", "orders-rows", orders.map((order) => make("tr", {},
    make("td", {}, order.out_trade_no), make("td", {}, order.description),
    make("td", { class: "number" }, yuan(order.total_fen)), make("td", {}, order.state),
    make("td", {}, order.is_held ? "待发货，货款冻结" : order.shipping ? `已发货：${order.shipping.description}` : ""))));
  byId("refunds-table").hidden = !refunds.length;
  byId("refunds-rows").replaceChildren(...refunds.map((refund) => make("tr", {},
    make("td", {}, refund.out_refund_no), make("td", {}, refund.out_trade_no),
    make("td", { class: "number" }, yuan(refund.refund_fen)), make("td", {}, refund.state),
    make("td", {}, refund.state === "PROCESSING" ? make("button", { type: "button", class: "small", onclick: () => attempt(async () => {
      await api("POST", `pay/refunds/${refund.out_refund_no}/settle`, { state: "SUCCESS" });
      await drawPay();
    }) }, "完成") : ""))));
  byId("transfers-table").hidden = !transfers.length;
  byId("transfers-rows").replaceChildren(...transfers.map((bill) => make("tr", {},
    make("td", {}, bill.out_bill_no), make("td", {}, bill.remark), make("td", { class: "number" }, yuan(bill.fen)),
    make("td", {}, bill.fail_reason ? `${bill.state}：${bill.fail_reason}` : bill.state),
    make("td", {}, bill.state === "WAIT_USER_CONFIRM" ? make("button", { type: "button", class: "small", onclick: () => attempt(async () => {
      await api("POST", `pay/transfers/${bill.out_bill_no}/settle`, { state: "FAIL", reason: "OVERDUE_CLOSE" });
      await drawPay();
    }) }, "过期关闭") : ""))));
}

async function drawTwists() {
  const { twists } = await api("GET", "pay/twists");
  if (!changed("twists", twists)) return;
  const names = Object.fromEntries([...document.querySelectorAll("[name=twist] option")].map((one) => [one.value, one.textContent]));
  byId("twists-list").replaceChildren(...twists.map((order) => make("li", {},
    make("div", {}, make("strong", {}, names[order.twist] || order.twist), make("small", {}, `${order.number || "任意单号"}，还剩 ${order.left ?? "不限"} 次`)),
    make("button", { type: "button", class: "small", onclick: () => attempt(async () => {
      await api("DELETE", `pay/twists/${order.id}`);
      await drawTwists();
    }) }, "撤回"))));
}

async function drawTexts() {
  const texts = (await api("GET", "sms/messages")).messages.slice(-100).reverse();
  if (!changed("texts", texts)) return;
  fill("texts", "texts-list", texts.map((text) => make("li", {},
    make("div", {}, text.text, make("small", {}, `${timeOf(text.at)} → ${text.phone}${text.on_phone ? "" : "（没有这部手机）"}，模板 ${text.template_id}`)))));
}

// -- settings --------------------------------------------------------------------------------------------------

async function drawSettings() {
  const [callback, clock] = await Promise.all([api("GET", "callback"), api("GET", "clock")]);
  byId("clock").textContent = clock.beijing.slice(0, 19).replace("T", " ") + (Math.round(clock.offset) ? `（比现在快 ${Math.round(clock.offset)} 秒）` : "");
  if (!changed("callback", callback)) return;
  const shown = { 地址: callback.url, Token: callback.token, EncodingAESKey: callback.aes_key, 上一个密钥: callback.previous_aes_key || "—", 校验: callback.verified ? "通过" : "未校验" };
  byId("callback-shown").replaceChildren(...Object.entries(shown).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  const form = byId("callback-form");
  form.elements.mode.value = callback.mode;
  form.elements.use_key.value = callback.use_key;
}

function given(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

function onSubmit(id, deed) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await deed(event.target);
      await draw();
    });
  });
}

function setUp() {
  onSubmit("fault-form", async (form) => {
    const asked = given(form);
    for (const name of ["seconds", "status", "probability"]) asked[name] = Number(asked[name]);
    asked.count = asked.count ? Number(asked.count) : null;
    await api("POST", "faults", asked);
  });
  onSubmit("twist-form", (form) => {
    const asked = given(form);
    return api("POST", "pay/twists", { ...asked, count: asked.count ? Number(asked.count) : null });
  });
  onSubmit("push-form", async (form) => {
    const { person, name, fields, twist } = given(form);
    let values;
    try {
      values = JSON.parse(fields || "{}");
    } catch {
      throw new Error("字段不是正确的 JSON");
    }
    await api("POST", "pushes", { person, name, fields: values, twists: twist ? [twist] : [], wait: false });
  });
  onSubmit("callback-form", (form) => api("POST", "callback", given(form)));
  onSubmit("clock-form", (form) => api("POST", "clock", { advance: Number(form.elements.advance.value) }));
  byId("push-form").elements.name.addEventListener("change", (event) => {
    byId("push-form").elements.fields.value = JSON.stringify(EXAMPLES[event.target.value]);
  });
  byId("calls-filter").addEventListener("submit", (event) => event.preventDefault());
  byId("calls-filter").addEventListener("input", () => attempt(drawCalls));
  byId("calls-clear").addEventListener("click", () => attempt(async () => { await api("DELETE", "calls"); await drawCalls(); }));
  byId("faults-clear").addEventListener("click", () => attempt(async () => { await api("DELETE", "faults"); await drawFaults(); }));
  byId("clock-reset").addEventListener("click", () => attempt(async () => { await api("POST", "clock", { offset: 0 }); await drawSettings(); }));
  byId("reset").addEventListener("click", () => {
    if (window.confirm("清空所有聊天、订单和记录？")) attempt(async () => { await api("POST", "reset"); await draw(); });
  });
}

async function draw() {
  await Promise.all([drawCalls(), drawFaults(), drawPushes(), drawPeople(), drawPay(), drawTwists(), drawTexts(), drawSettings()]);
}

async function watch() {
  const names = await api("GET", "endpoints");
  byId("endpoint-names").replaceChildren(...names.map((name) => make("option", { value: name })));
  for (;;) {
    try {
      await draw();
      if (byId("problem").dataset.lost) problem("");
      delete byId("problem").dataset.lost;
    } catch (error) {
      problem(`连接不上沙箱：${error.message}`);
      byId("problem").dataset.lost = "1";
    }
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? 10 * EVERY : EVERY));
  }
}

setUp();
watch();
