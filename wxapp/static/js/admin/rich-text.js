// Puts an editor over the fields for rich text. The field stays what is sent: without script it is typed into directly.
(() => {
  "use strict";

  if (!window.Quill) return;

  const TOOLBAR = [
    [{ header: [3, 4, false] }],
    ["bold", "italic", "underline", "strike"],
    [{ list: "ordered" }, { list: "bullet" }, "blockquote"],
    ["link", "image"],
    ["clean"],
  ];
  const NAMES = {
    "ql-bold": "加粗", "ql-italic": "斜体", "ql-underline": "下划线", "ql-strike": "删除线", "ql-blockquote": "引用",
    "ql-link": "链接", "ql-image": "插入图片", "ql-clean": "清除格式", "ql-header": "段落样式",
  };
  const KINDS = ["image/jpeg", "image/png", "image/webp", "image/gif"];
  const MOST_BYTES = 8 * 1024 * 1024;
  // What the editor would lose; a text that has it is edited as it is written.
  const UNKNOWN = "table, hr, img[width]";

  function setUp(field) {
    const text = field.querySelector("textarea");
    const form = text.form;
    const box = document.createElement("div");
    const surface = document.createElement("div");
    const told = document.createElement("p");
    box.className = "rich-text-editor";
    told.className = "rich-text-told field__error";
    told.setAttribute("role", "alert");
    box.append(surface);
    text.after(box, told);

    const quill = new window.Quill(surface, {
      theme: "snow",
      formats: ["header", "bold", "italic", "underline", "strike", "list", "blockquote", "link", "image"],
      modules: {
        toolbar: { container: TOOLBAR, handlers: { image: choosePicture } },
        uploader: { mimetypes: KINDS, handler: (range, files) => files.forEach((file) => addPicture(file, range.index)) },
      },
    });
    const label = field.querySelector("label");
    quill.root.setAttribute("role", "textbox");
    quill.root.setAttribute("aria-multiline", "true");
    quill.root.setAttribute("aria-label", label.firstChild.textContent.trim());
    label.addEventListener("click", () => { if (!box.hidden) quill.focus(); });
    for (const [name, words] of Object.entries(NAMES)) {
      for (const button of box.querySelectorAll(`.ql-toolbar .${name}`)) {
        button.setAttribute("aria-label", words);
        button.title = words;
      }
    }
    for (const button of box.querySelectorAll(".ql-toolbar .ql-list")) {
      button.title = button.value === "ordered" ? "编号列表" : "列表";
      button.setAttribute("aria-label", button.title);
    }

    let isChanged = false;
    quill.on("text-change", (_new, _old, source) => {
      if (source !== "user") return;
      isChanged = true;
      write();
    });

    function write() {
      text.value = quill.getLength() > 1 ? quill.getSemanticHTML().replace(/&nbsp;/g, " ") : "";
    }

    function read() {
      const delta = quill.clipboard.convert({ html: text.value.includes("<") ? text.value : paragraphs(text.value) });
      quill.setContents(delta, "silent");
      quill.history.clear();
    }

    function paragraphs(words) {
      const lines = words.split("\n").filter((line) => line.trim());
      return lines.map((line) => {
        const one = document.createElement("p");
        one.textContent = line.trim();
        return one.outerHTML;
      }).join("");
    }

    function holdsUnknown() {
      return new DOMParser().parseFromString(text.value, "text/html").querySelector(UNKNOWN) !== null;
    }

    // --- pictures
    function choosePicture() {
      const input = document.createElement("input");
      input.type = "file";
      input.accept = KINDS.join(",");
      input.addEventListener("change", () => {
        if (input.files[0]) addPicture(input.files[0], (quill.getSelection(true) || { index: quill.getLength() - 1 }).index);
      });
      input.click();
    }

    async function addPicture(file, index) {
      told.textContent = "";
      if (!KINDS.includes(file.type)) return tell("请上传JPG、PNG、WebP或GIF图片");
      if (file.size > MOST_BYTES) return tell("图片不能超过8MB");
      const sent = new FormData();
      sent.append("csrf_token", form.querySelector("[name=csrf_token]").value);
      sent.append("picture", file);
      box.setAttribute("aria-busy", "true");
      let answer;
      try {
        const response = await fetch(field.dataset.pictures, { method: "POST", body: sent, headers: { Accept: "application/json" } });
        answer = await response.json();
      } catch {
        answer = { code: 0, msg: "网络异常，图片没有上传成功" };
      }
      box.removeAttribute("aria-busy");
      if (answer.code !== 1) return tell(answer.msg);
      const at = Math.min(index, quill.getLength() - 1);
      quill.insertEmbed(at, "image", answer.url, "user");
      quill.setSelection(at + 1, 0, "silent");
    }

    function tell(words) {
      told.textContent = words;
    }

    // --- the text as it is written
    const other = document.createElement("button");
    other.type = "button";
    other.className = "btn btn-sm rich-text-switch";
    box.after(other);
    other.addEventListener("click", () => {
      if (box.hidden && holdsUnknown()) {
        tell("内容中有编辑器不支持的表格等格式，请直接修改源码");
        return;
      }
      tell("");
      show(box.hidden);
    });

    function show(withEditor) {
      if (withEditor) read();
      box.hidden = !withEditor;
      text.hidden = withEditor;
      other.textContent = withEditor ? "编辑源码" : "返回编辑器";
    }

    // What nobody touched is sent as it came.
    form.addEventListener("submit", () => { if (!box.hidden && isChanged) write(); }, true);
    show(!holdsUnknown());
    if (text.getAttribute("aria-invalid") === "true") quill.root.setAttribute("aria-invalid", "true");
  }

  for (const field of document.querySelectorAll("[data-rich-text]")) setUp(field);
})();
