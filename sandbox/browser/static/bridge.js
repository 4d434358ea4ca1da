// What the browser inside WeChat gives to every page: WeixinJSBridge, and wx (the JS-SDK).
// Everything it draws is in a shadow tree with a constructed sheet, so that neither the page's style nor its
// Content-Security-Policy gets in the way.
(() => {
  "use strict";
  if (window.WeixinJSBridge) return;

  const phone = window.parent === window ? null : window.parent;

  function tellPhone(kind, more) {
    if (phone) phone.postMessage({ sandbox: kind, ...more }, window.location.origin);
  }

  async function ask(path, body) {
    try {
      const answer = await fetch("/__sandbox/bridge/" + path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return await answer.json();
    } catch (error) {
      return { ok: false, message: "网络异常，请稍后再试" };
    }
  }

  // -- drawing ---------------------------------------------------------------------------------------------

  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font-family: -apple-system, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
    .shade { position: fixed; inset: 0; z-index: 2147483647; display: flex; align-items: flex-end; justify-content: center;
      background: rgba(0, 0, 0, .55); }
    .sheet { width: 100%; max-width: 480px; max-height: 92vh; overflow: auto; padding: 16px 20px calc(24px + env(safe-area-inset-bottom));
      border-radius: 14px 14px 0 0; background: #fff; color: #191919; font-size: 16px; line-height: 1.5; animation: up .18s ease-out; }
    @keyframes up { from { transform: translateY(30%); opacity: .4; } }
    @media (prefers-reduced-motion: reduce) { .sheet { animation: none; } }
    .bar { display: flex; align-items: center; justify-content: space-between; min-height: 44px; font-weight: 600; }
    .close { width: 44px; height: 44px; margin: 0 -12px; border: 0; border-radius: 8px; background: none; color: #353535; font-size: 24px; line-height: 1; cursor: pointer; }
    .payee { margin: 12px 0 0; text-align: center; overflow-wrap: anywhere; }
    .amount { margin: 2px 0 16px; text-align: center; font-size: 38px; font-weight: 700; font-variant-numeric: tabular-nums; }
    .amount small { margin-right: 2px; font-size: 26px; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: 10px 16px; margin: 0 0 20px; padding: 14px 0 0; border-top: 1px solid #e9e9e9; font-size: 15px; }
    dt { color: #6b6b6b; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
    button.wide { display: block; width: 100%; min-height: 48px; margin-top: 12px; border: 0; border-radius: 8px; font-size: 17px; font-weight: 600; cursor: pointer; }
    .main { background: #06843f; color: #fff; } .plain { background: #f2f2f2; color: #353535; }
    button:focus-visible, input:focus-visible { outline: 3px solid #3b7ddd; outline-offset: 2px; }
    button[disabled] { opacity: .5; cursor: default; }
    .error { margin: 12px 0 0; color: #c9302c; text-align: center; }
    .done { text-align: center; } .tick { width: 56px; height: 56px; margin: 8px auto; border-radius: 50%; background: #06843f; color: #fff; font-size: 34px; line-height: 56px; }
    label { display: block; margin: 12px 0 6px; } input { width: 100%; min-height: 44px; padding: 8px 12px; border: 1px solid #cfcfcf; border-radius: 8px; font-size: 16px; }
  `;

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  // Shows a sheet at the bottom and returns how to close it. Esc and the cross call `leave`.
  function showSheet(title, testid, content, leave) {
    const host = document.createElement("sandbox-sheet");
    const root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    const before = document.activeElement;
    const body = make("div", {}, ...content);
    const cross = make("button", { class: "close", type: "button", "aria-label": "取消", onclick: () => leave() }, "×");
    const box = make("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": title, "data-testid": testid },
      make("div", { class: "bar" }, make("span", {}, title), cross), body);
    root.append(make("div", { class: "shade" }, box));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
      if (event.key !== "Tab") return;
      const stops = [...box.querySelectorAll("button:not([disabled]), input")];
      const at = stops.indexOf(root.activeElement);
      const next = event.shiftKey ? at - 1 : at + 1;
      if (next < 0 || next >= stops.length) {
        event.preventDefault();
        stops.at(event.shiftKey ? -1 : 0).focus();
      }
    });
    document.documentElement.append(host);
    (box.querySelector("[data-first]") || cross).focus();
    return {
      body,
      close() {
        host.remove();
        if (before && before.focus) before.focus();
      },
    };
  }

  // -- payment ---------------------------------------------------------------------------------------------

  async function payRequest(parameters, tell) {
    const name = "get_brand_wcpay_request";
    const sheet = await ask("pay/open", parameters || {});
    if (!sheet.ok) {
      showProblem(sheet.message, () => tell({ err_msg: `${name}:fail`, err_desc: sheet.message, errMsg: sheet.message }));
      return;
    }
    const error = make("p", { class: "error", role: "alert", "data-testid": "pay-error", hidden: true });
    let busy = false;
    const shown = showSheet("微信支付", "pay-sheet", [
      make("p", { class: "payee", "data-testid": "pay-payee" }, sheet.payee),
      make("p", { class: "amount", "data-testid": "pay-amount" }, make("small", {}, "¥"), sheet.amount),
      make("dl", {},
        make("dt", {}, "商品"), make("dd", { "data-testid": "pay-description" }, sheet.description),
        make("dt", {}, "付款方式"), make("dd", {}, "零钱")),
      error,
      make("button", { class: "wide main", type: "button", "data-testid": "pay-confirm", "data-first": true, onclick: confirm }, "确认支付"),
      make("button", { class: "wide plain", type: "button", "data-testid": "pay-cancel", onclick: cancel }, "取消"),
    ], cancel);

    async function confirm(event) {
      if (busy) return;
      busy = true;
      event.currentTarget.disabled = true;
      const button = event.currentTarget;
      const outcome = await ask("pay/confirm", { prepay_id: sheet.prepay_id });
      busy = false;
      if (!outcome.ok) {
        error.textContent = outcome.message;
        error.hidden = false;
        button.disabled = false;
        return;
      }
      const finish = () => { shown.close(); tell({ err_msg: `${name}:ok`, errMsg: "chooseWXPay:ok" }); };
      const button2 = make("button", { class: "wide main", type: "button", "data-testid": "pay-done", onclick: finish }, "完成");
      shown.body.replaceChildren(
        make("div", { class: "done", role: "status", "data-testid": "pay-success" },
          make("div", { class: "tick", "aria-hidden": "true" }, "✓"), "支付成功"),
        make("p", { class: "payee" }, sheet.payee),
        make("p", { class: "amount" }, make("small", {}, "¥"), sheet.amount), button2);
      cancelled = finish;
      button2.focus();
    }

    let cancelled = async () => {
      shown.close();
      await ask("pay/refuse", { prepay_id: sheet.prepay_id });
      tell({ err_msg: `${name}:cancel`, errMsg: "chooseWXPay:cancel" });
    };
    function cancel() {
      if (!busy) cancelled();
    }
  }

  // WeChat's page on which a person confirms a transfer. "ok" only says that the page was shown.
  async function transferRequest(parameters, tell) {
    const name = "requestMerchantTransfer";
    const page = await ask("transfer/open", parameters || {});
    if (!page.ok) {
      showProblem(page.message, () => tell({ err_msg: `${name}:fail`, err_desc: page.message }));
      return;
    }
    let busy = false;
    const leave = () => { if (!busy) { shown.close(); tell({ err_msg: `${name}:ok` }); } };
    const error = make("p", { class: "error", role: "alert", "data-testid": "transfer-error", hidden: true });
    const head = [
      make("p", { class: "payee", "data-testid": "transfer-payer" }, page.payer),
      make("p", { class: "amount", "data-testid": "transfer-amount" }, make("small", {}, "¥"), page.amount),
    ];
    const done = () => [
      make("div", { class: "done", role: "status", "data-testid": "transfer-success" },
        make("div", { class: "tick", "aria-hidden": "true" }, "✓"), "已确认收款"),
      ...head,
      make("button", { class: "wide main", type: "button", "data-testid": "transfer-done", "data-first": true, onclick: leave }, "完成"),
    ];
    async function confirm(event) {
      if (busy) return;
      busy = true;
      const button = event.currentTarget;
      button.disabled = true;
      const outcome = await ask("transfer/confirm", { package: page.package });
      busy = false;
      if (!outcome.ok) {
        error.textContent = outcome.message;
        error.hidden = false;
        button.disabled = false;
        return;
      }
      shown.body.replaceChildren(...done());
      shown.body.querySelector("[data-first]").focus();
    }
    const shown = showSheet("商家转账", "transfer-sheet", page.is_confirmed ? done() : [
      ...head,
      make("dl", {},
        make("dt", {}, "转账备注"), make("dd", { "data-testid": "transfer-remark" }, page.remark),
        make("dt", {}, "收款账户"), make("dd", {}, "零钱")),
      error,
      make("button", { class: "wide main", type: "button", "data-testid": "transfer-confirm", "data-first": true, onclick: confirm }, "确认收款"),
      make("button", { class: "wide plain", type: "button", "data-testid": "transfer-cancel", onclick: leave }, "暂不收款"),
    ], leave);
  }

  function showProblem(text, then) {
    const close = () => { shown.close(); then(); };
    const shown = showSheet("微信支付", "pay-problem", [
      make("p", { class: "error", role: "alert" }, text),
      make("button", { class: "wide plain", type: "button", "data-testid": "pay-problem-close", "data-first": true, onclick: close }, "知道了"),
    ], close);
  }

  // -- scanning --------------------------------------------------------------------------------------------

  function scanRequest(tell) {
    const text = make("input", { type: "text", id: "text", "data-testid": "bridge-scan-text", "data-first": true, autocomplete: "off" });
    const file = make("input", { type: "file", id: "file", accept: "image/*", "data-testid": "bridge-scan-file" });
    const error = make("p", { class: "error", role: "alert", hidden: true });
    const cancel = () => { shown.close(); tell(null); };
    const finish = async () => {
      let found = text.value.trim();
      if (!found && file.files.length) {
        const form = new FormData();
        form.append("picture", file.files[0]);
        found = (await (await fetch("/__sandbox/bridge/decode", { method: "POST", body: form })).json()).text;
      }
      if (!found) {
        error.textContent = "未发现二维码";
        error.hidden = false;
        return;
      }
      shown.close();
      tell(found);
    };
    const shown = showSheet("扫一扫", "bridge-scan", [
      make("label", { for: "text" }, "二维码内容"), text,
      make("label", { for: "file" }, "或选择图片"), file, error,
      make("button", { class: "wide main", type: "button", "data-testid": "bridge-scan-ok", onclick: finish }, "确定"),
    ], cancel);
  }

  function previewImage(address) {
    const picture = make("img", { src: address, alt: "图片预览" });
    picture.style.maxWidth = "100%";
    const close = () => shown.close();
    const shown = showSheet("图片", "bridge-preview", [picture], close);
  }

  function closeWindow() {
    if (phone) tellPhone("close");
    else window.location.assign("/phone");
  }

  // -- WeixinJSBridge --------------------------------------------------------------------------------------

  const heard = {};
  const deeds = {
    getBrandWCPayRequest: payRequest,
    requestMerchantTransfer: transferRequest,
    closeWindow: (_, tell) => { closeWindow(); tell({ err_msg: "close_window:ok" }); },
    hideOptionMenu: (_, tell) => { tellPhone("option-menu", { visible: false }); tell({ err_msg: "hideOptionMenu:ok" }); },
    showOptionMenu: (_, tell) => { tellPhone("option-menu", { visible: true }); tell({ err_msg: "showOptionMenu:ok" }); },
    hideToolbar: (_, tell) => tell({ err_msg: "hideToolbar:ok" }),
    showToolbar: (_, tell) => tell({ err_msg: "showToolbar:ok" }),
    getNetworkType: (_, tell) => tell({ err_msg: "network_type:wifi" }),
    imagePreview: (given, tell) => { previewImage(given.current); tell({ err_msg: "imagePreview:ok" }); },
    scanQRCode: (_, tell) => scanRequest((text) => tell(text === null
      ? { err_msg: "scanQRCode:cancel" } : { err_msg: "scanQRCode:ok", resultStr: text })),
  };

  window.WeixinJSBridge = {
    invoke(name, parameters, callback) {
      const tell = typeof callback === "function" ? callback : () => {};
      const deed = deeds[name];
      if (deed) deed(parameters || {}, tell);
      else tell({ err_msg: `${name}:function_not_exist` });
    },
    call(name, parameters) {
      this.invoke(name, parameters, () => {});
    },
    on(name, callback) {
      (heard[name] = heard[name] || []).push(callback);
    },
  };

  // -- wx (JS-SDK) -----------------------------------------------------------------------------------------

  const sdk = { state: "new", given: {}, ready: [], failed: [], problem: null };

  function settle(given, errMsg, more) {
    const result = { errMsg, ...more };
    const ok = errMsg.endsWith(":ok");
    const cancelled = errMsg.endsWith(":cancel");
    const named = ok ? given.success : cancelled ? given.cancel || given.fail : given.fail;
    if (typeof named === "function") named(result);
    if (typeof given.complete === "function") given.complete(result);
  }

  // Most deeds need a config that was accepted and that lists them.
  function allowed(name, given) {
    const listed = (sdk.given.jsApiList || []).includes(name);
    if (sdk.state === "ready" && listed) return true;
    settle(given, `${name}:${sdk.state === "ready" ? "permission denied" : "the permission value is offline verifying"}`);
    return false;
  }

  const SHARES = ["updateAppMessageShareData", "updateTimelineShareData", "onMenuShareAppMessage", "onMenuShareTimeline"];
  const NAMES = ["chooseWXPay", "scanQRCode", "previewImage", "closeWindow", "hideOptionMenu", "showOptionMenu", "hideMenuItems",
    "showMenuItems", "hideAllNonBaseMenuItem", "getNetworkType", ...SHARES];

  const wx = {
    config(given) {
      sdk.given = given || {};
      sdk.state = "asking";
      ask("config", { ...sdk.given, url: window.location.href }).then((answer) => {
        if (given.debug) console.info("wx.config", answer);
        sdk.state = answer.ok ? "ready" : "failed";
        if (answer.ok) sdk.ready.splice(0).forEach((callback) => callback());
        else {
          sdk.problem = { errMsg: answer.message };
          sdk.failed.forEach((callback) => callback(sdk.problem));
          // As on the real client, ready follows on an error as well.
          sdk.ready.splice(0).forEach((callback) => callback());
        }
      });
    },
    ready(callback) {
      if (sdk.state === "ready" || sdk.state === "failed") callback();
      else sdk.ready.push(callback);
    },
    error(callback) {
      sdk.failed.push(callback);
      if (sdk.state === "failed") callback(sdk.problem);
    },
    checkJsApi(given) {
      const result = Object.fromEntries((given.jsApiList || []).map((name) => [name, NAMES.includes(name)]));
      settle(given, "checkJsApi:ok", { checkResult: result });
    },
    chooseWXPay(given) {
      if (!allowed("chooseWXPay", given)) return;
      const { timestamp, timeStamp, nonceStr, package: bundle, signType, paySign } = given;
      const parameters = { appId: sdk.given.appId, timeStamp: String(timestamp || timeStamp), nonceStr, package: bundle, signType, paySign };
      payRequest(parameters, (result) => {
        const outcome = result.err_msg.split(":")[1];
        settle(given, `chooseWXPay:${outcome}`, result.err_desc ? { err_desc: result.err_desc } : {});
      });
    },
    scanQRCode(given) {
      if (!allowed("scanQRCode", given)) return;
      scanRequest((text) => {
        if (text === null) settle(given, "scanQRCode:cancel");
        else if (given.needResult) settle(given, "scanQRCode:ok", { resultStr: text });
        else {
          tellPhone("scanned", { text });
          settle(given, "scanQRCode:ok");
        }
      });
    },
    previewImage(given) {
      previewImage(given.current);
      settle(given, "previewImage:ok");
    },
    closeWindow(given = {}) {
      closeWindow();
      settle(given, "closeWindow:ok");
    },
    getNetworkType(given) {
      settle(given, "getNetworkType:ok", { networkType: "wifi" });
    },
    miniProgram: { getEnv(callback) { callback({ miniprogram: false }); } },
  };
  for (const name of SHARES) {
    wx[name] = (given) => {
      if (!allowed(name, given)) return;
      const card = { title: given.title, desc: given.desc, link: given.link, imgUrl: given.imgUrl };
      ask("share", { ...card, deed: name, url: window.location.href }).then((answer) => {
        if (answer.ok) tellPhone("share", { share: card });
        settle(given, answer.ok ? `${name}:ok` : `${name}:fail ${answer.message}`);
      });
    };
  }
  for (const name of ["hideOptionMenu", "showOptionMenu", "hideMenuItems", "showMenuItems", "hideAllNonBaseMenuItem"]) {
    wx[name] = (given = {}) => {
      tellPhone("option-menu", { visible: name.startsWith("show") });
      settle(given, `${name}:ok`);
    };
  }
  window.wx = window.jWeixin = wx;
  window.__wxjs_environment = "browser";

  // -- start -----------------------------------------------------------------------------------------------

  function announce() {
    document.dispatchEvent(new Event("WeixinJSBridgeReady"));
    tellPhone("page", { title: document.title, url: window.location.href });
    const title = document.querySelector("title");
    if (title) {
      new MutationObserver(() => tellPhone("page", { title: document.title, url: window.location.href }))
        .observe(title, { childList: true });
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", announce);
  else announce();
  window.addEventListener("hashchange", () => tellPhone("page", { title: document.title, url: window.location.href }));
})();
