// Improves the pay pages: a countdown, WeChat's payment sheet, and waiting for the result.
// What the sheet answers is a hint where to go next; the server asks WeChat Pay itself.
"use strict";

(() => {
  const until = document.querySelector("[data-until]");
  if (until) {
    const end = new Date(until.dataset.until).getTime();
    const tick = () => {
      const left = Math.floor((end - Date.now()) / 1000);
      if (left <= 0) {
        window.location.reload();
        return;
      }
      if (left < 3600) {
        const seconds = String(left % 60).padStart(2, "0");
        until.textContent = `${Math.floor(left / 60)} 分 ${seconds} 秒 内`;
      }
      setTimeout(tick, 1000);
    };
    tick();
  }

  const sheet = document.querySelector("[data-bridge]");
  if (sheet) {
    const text = sheet.querySelector("[data-bridge-text]");
    const data = sheet.dataset;
    let opened = false;
    const open = () => {
      if (opened) {
        return;
      }
      opened = true;
      const params = {
        appId: data.appId,
        timeStamp: data.timeStamp,
        nonceStr: data.nonceStr,
        package: data.package,
        signType: data.signType,
        paySign: data.paySign,
      };
      window.WeixinJSBridge.invoke("getBrandWCPayRequest", params, (answer) => {
        if (answer.err_msg === "get_brand_wcpay_request:ok") {
          window.location.replace(data.checking);
        } else if (answer.err_msg === "get_brand_wcpay_request:cancel") {
          text.textContent = "您已取消支付，订单仍为您保留";
        } else {
          text.textContent = "没有完成支付，请重新选择支付方式";
        }
      });
    };
    if (window.WeixinJSBridge) {
      open();
    } else {
      document.addEventListener("WeixinJSBridgeReady", open, false);
      setTimeout(() => {
        if (!opened) {
          text.textContent = "没有打开微信支付，请在微信中打开本页面";
        }
      }, 6000);
    }
  }

  const waiting = document.querySelector("[data-state]");
  if (waiting) {
    let rest = 45;
    const ask = async () => {
      rest -= 1;
      try {
        const answer = await fetch(waiting.dataset.state, { headers: { Accept: "application/json" } });
        if (answer.ok && (await answer.json()).status !== "open") {
          window.location.reload();
          return;
        }
      } catch {
        // No network for a moment: asked again below.
      }
      if (rest > 0) {
        setTimeout(ask, 2000);
      }
    };
    setTimeout(ask, 1500);
  }
})();
