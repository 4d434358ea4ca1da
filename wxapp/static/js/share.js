// Gives a shared page its card inside WeChat: title, text, link and picture stand in this script's own tag.
"use strict";

(() => {
  const card = { ...document.currentScript.dataset };
  if (!window.WeixinJSBridge && !/MicroMessenger/i.test(navigator.userAgent)) {
    return;
  }
  // On iOS the signature must be that of the address with which the page was opened, so it is read before anything
  // else can change it; what follows a "#" is never part of it.
  const landing = location.pathname + location.search;
  const shares = ["updateAppMessageShareData", "updateTimelineShareData"];

  async function begin() {
    const answer = await fetch(`/h5/jssdk?url=${encodeURIComponent(landing)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      return; // the page is shared with WeChat's own card then
    }
    window.wx.config({ ...(await answer.json()), jsApiList: shares });
    window.wx.ready(() => {
      for (const name of shares) {
        window.wx[name]({ title: card.title, desc: card.desc, link: card.link, imgUrl: card.imgUrl });
      }
    });
  }

  const script = document.createElement("script");
  script.src = card.sdk;
  script.onload = begin;
  document.head.append(script);
})();
