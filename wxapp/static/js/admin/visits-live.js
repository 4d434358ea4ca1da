// A list of visits keeps up by itself: it asks whether a visit has changed, and only then for its rows.
(() => {
  "use strict";

  const state = document.querySelector("[data-live]");
  const sheet = () => document.querySelector(".content .sheet");
  if (!state || !sheet()) return;

  const EVERY = 8000;
  const SLOWEST = 60000;
  // Without news, too: the minutes that visits have waited grow.
  const AT_LEAST_EVERY = 60000;
  // A change counts as later than the page up to this: its transaction may have ended after the page was made.
  const SLACK = 5000;
  const text = state.querySelector("[data-live-text]");
  let seen = Number(state.dataset.shownAt) - SLACK;
  let isFirst = true;
  let wait = EVERY;
  let renewedAt = Date.now();
  state.hidden = false;

  const ask = async (url, accept) => {
    const answer = await fetch(url, { headers: { Accept: accept, "X-Background": "yes" }, credentials: "same-origin" });
    if (answer.status === 401 || answer.redirected) return null;
    if (!answer.ok) throw new Error(answer.status);
    return answer;
  };

  const isBusy = () => document.querySelector("dialog[open]") !== null
    || (sheet() && sheet().contains(document.activeElement) && document.activeElement.closest("form") !== null);

  const renew = async () => {
    renewedAt = Date.now();
    const answer = await ask(location.href, "text/html");
    if (answer === null) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = page.querySelector(".content .sheet");
    const old = sheet();
    if (rows && old && rows.innerHTML !== old.innerHTML) {
      const left = old.querySelector(".sheet__scroll");
      const at = left ? left.scrollLeft : 0;
      old.replaceWith(document.importNode(rows, true));
      const right = sheet().querySelector(".sheet__scroll");
      if (right) right.scrollLeft = at;
      text.textContent = `列表已于 ${new Date().toLocaleTimeString("zh-CN", { hour12: false })} 更新`;
      document.dispatchEvent(new CustomEvent("visits:renewed"));
    }
    return true;
  };

  const look = async () => {
    if (document.hidden) { setTimeout(look, EVERY); return; }
    try {
      const answer = await ask(state.dataset.live, "application/json");
      const newest = answer === null ? null : (await answer.json()).newest;
      const isOld = Date.now() - renewedAt > AT_LEAST_EVERY;
      const isNews = newest !== null && (isOld || (isFirst ? newest > seen : newest !== seen));
      let isIn = newest !== null;
      if (isNews && !isBusy()) {
        isIn = await renew();
        seen = newest;
        isFirst = false;
      } else if (!isNews) {
        seen = newest;
        isFirst = false;
      }
      if (!isIn) {
        text.textContent = "登录已失效，列表不再自动更新，请刷新页面";
        state.classList.add("live-state--ended");
        return;
      }
      wait = EVERY;
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
      text.textContent = "暂时连不上服务器，稍后自动重试";
    }
    setTimeout(look, wait);
  };
  setTimeout(look, EVERY);
})();
