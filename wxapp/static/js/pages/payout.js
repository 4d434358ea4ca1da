// 确认收款: opens WeChat's page on which the person confirms a payout. What it answers is a hint where to go next; the
// server asks WeChat Pay itself.
"use strict";

(() => {
  const box = document.querySelector("[data-payout]");
  if (!box) {
    return;
  }
  const text = box.querySelector("[data-payout-text]");
  const button = box.querySelector("[data-payout-open]");
  const data = box.dataset;
  const open = () => {
    button.disabled = true;
    const params = { mchId: data.mchId, appId: data.appId, package: data.package };
    window.WeixinJSBridge.invoke("requestMerchantTransfer", params, (answer) => {
      const outcome = String(answer.err_msg).split(":")[1];
      if (outcome === "ok") {
        text.textContent = "正在查询收款结果…";
        window.location.replace(data.after);
        return;
      }
      button.disabled = false;
      text.textContent = outcome === "cancel"
        ? "您还没有确认收款，可再次点击下方按钮确认"
        : "没有打开微信的收款页面，请升级微信后再试";
    });
  };
  const ready = () => {
    button.disabled = false;
  };
  button.addEventListener("click", open);
  if (window.WeixinJSBridge) {
    ready();
  } else {
    document.addEventListener("WeixinJSBridgeReady", ready, false);
    setTimeout(() => {
      if (!window.WeixinJSBridge) {
        text.textContent = "请在微信中打开本页面确认收款";
      }
    }, 3000);
  }
})();
