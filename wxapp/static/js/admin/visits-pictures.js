// Pictures of a visit: dropped, pasted or chosen, sent one by one with their progress, and put in order by dragging.
// Without this script the forms of the page do the same.
(() => {
  "use strict";

  const TYPES = /\.(jpe?g|png|webp|hei[cf])$/i;
  const sections = [...document.querySelectorAll("[data-exam]")];
  let sending = 0;
  let current = sections[0];

  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });

  // --- one file
  function line(list, name) {
    const item = document.createElement("li");
    item.className = "drop__file";
    const told = document.createElement("span");
    told.className = "drop__name";
    told.textContent = name;
    const state = document.createElement("span");
    state.className = "drop__state";
    state.textContent = "等待上传";
    const progress = document.createElement("progress");
    progress.max = 100;
    progress.value = 0;
    progress.setAttribute("aria-label", `${name} 上传进度`);
    item.append(told, state, progress);
    list.append(item);
    return {
      tell(text, percent) {
        state.textContent = text;
        if (percent !== undefined) progress.value = percent;
      },
      fail(text) {
        item.classList.add("drop__file--failed");
        state.textContent = text;
        progress.remove();
      },
    };
  }

  function store(section, csrf, file, shown) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", section.dataset.upload);
      request.setRequestHeader("X-CSRF-Token", csrf);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) {
          const percent = Math.round((event.loaded / event.total) * 100);
          shown.tell(percent < 100 ? `${percent}%` : "正在处理", percent);
        }
      });
      request.addEventListener("load", () => {
        const answer = request.response || {};
        if (answer.success === 1) resolve(answer.message);
        else reject(new Error(answer.message || "上传失败，请重试"));
      });
      request.addEventListener("error", () => reject(new Error("网络中断，请重试")));
      const body = new FormData();
      body.append("file", file, file.name);
      request.send(body);
    });
  }

  // --- all files of a section
  async function send(section, files) {
    const form = section.querySelector("[data-drop]");
    const list = section.querySelector("[data-files]");
    const csrf = form.querySelector("[name=csrf_token]").value;
    const waiting = [...files].map((file) => ({ file, shown: line(list, file.name) }));
    const paths = [];
    let failed = false;
    sending += 1;
    for (const { file, shown } of waiting) {
      try {
        if (!file.type.startsWith("image/") && !TYPES.test(file.name)) throw new Error("不是支持的图片格式");
        if (file.size > Number(section.dataset.largest)) throw new Error("图片不能超过20MB");
        paths.push(await store(section, csrf, file, shown));
        shown.tell("已上传", 100);
      } catch (error) {
        failed = true;
        shown.fail(error.message);
      }
    }
    if (paths.length) {
      const note = line(list, "保存到到院单");
      try {
        await attach(section, form, csrf, paths);
        note.tell("已保存", 100);
      } catch (error) {
        failed = true;
        note.fail(error.message);
      }
    }
    sending -= 1;
    if (failed ? paths.length : !sending) offerShown(section, list, !failed && !hasUnsaved());
  }

  // What was stored is shown by loading the page anew: at once, or when whoever reads a reason or has an order to save
  // is ready for it.
  const hasUnsaved = () => [...document.querySelectorAll("[data-save]")].some((save) => !save.hidden);
  function offerShown(section, list, atOnce) {
    const show = () => {
      location.hash = section.id;
      location.reload();
    };
    if (atOnce) { show(); return; }
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = hasUnsaved() ? "刷新显示已保存的图片（未保存的顺序会丢失）" : "显示已保存的图片";
    button.addEventListener("click", show);
    item.append(button);
    list.append(item);
    button.scrollIntoView({ block: "nearest" });
  }

  async function attach(section, form, csrf, paths) {
    const body = new URLSearchParams({ id: section.dataset.visit, kind: section.dataset.kind, images: paths.join(",") });
    const answer = await fetch(section.dataset.add, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRF-Token": csrf },
    });
    const told = await answer.json().catch(() => ({}));
    if (told.code !== 1) throw new Error(told.msg || "保存失败，请重试");
  }

  // --- ways in
  for (const section of sections) {
    const form = section.querySelector("[data-drop]");
    const input = form.querySelector("input[type=file]");
    form.classList.add("drop--scripted");
    form.querySelector("[data-with-script]").hidden = false;
    input.addEventListener("change", () => {
      if (input.files.length) send(section, [...input.files]);
      input.value = "";
    });
    section.addEventListener("pointerenter", () => { current = section; });
    section.addEventListener("focusin", () => { current = section; });
    section.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      form.classList.add("drop--over");
    });
    section.addEventListener("dragleave", () => form.classList.remove("drop--over"));
    section.addEventListener("drop", (event) => {
      form.classList.remove("drop--over");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      send(section, event.dataTransfer.files);
    });
  }
  // Beside a section a picture would be opened by the browser instead of the page.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      if (sections.length && event.dataTransfer && [...event.dataTransfer.types].includes("Files")) event.preventDefault();
    });
  }
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData ? [...event.clipboardData.files] : [];
    if (files.length && current) {
      event.preventDefault();
      send(current, files);
    }
  });

  // --- order
  for (const list of document.querySelectorAll("[data-shots]")) {
    const form = list.closest("[data-arrange]");
    const save = form.querySelector("[data-save]");
    const changed = () => { save.hidden = false; };
    save.hidden = true;
    if (window.Sortable) {
      list.classList.add("has-drag");
      // The fields keep the order in which the page showed the pictures: only the numbers change.
      const shots = [...list.querySelectorAll("[data-shot]")];
      window.Sortable.create(list, {
        animation: 120,
        delay: 150,
        delayOnTouchOnly: true,
        draggable: "[data-shot]",
        onEnd: () => {
          [...list.querySelectorAll("[data-shot]")].forEach((shot, at) => {
            shot.querySelector("[data-place]").value = at + 1;
          });
          changed();
        },
      });
      form.addEventListener("submit", () => shots.forEach((shot) => list.append(shot)));
    }
    list.addEventListener("change", changed);
  }
})();
