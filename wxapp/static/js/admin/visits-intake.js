// The form of the front desk: the age follows the birthday, a known phone is told, long lists of people are searched.
(() => {
  "use strict";

  const form = document.querySelector("[data-intake]");
  if (!form) return;

  // --- the age follows the birthday
  const birthday = form.elements.birthday;
  const age = form.elements.age;
  const fillAge = () => {
    const born = birthday.value.split("-").map(Number);
    if (born.length !== 3 || born[0] < 1890) return;
    const now = new Date();
    const isBefore = now.getMonth() + 1 < born[1] || (now.getMonth() + 1 === born[1] && now.getDate() < born[2]);
    age.value = Math.max(0, now.getFullYear() - born[0] - (isBefore ? 1 : 0));
  };
  birthday.addEventListener("change", fillAge);

  // --- a return visit is mostly filled in: begin with what is not
  if (form.elements.patient_id && !form.querySelector("[aria-invalid=true]")) {
    const open = [...form.querySelectorAll("input[required], select[required]")].find((one) => !one.value);
    (open || form.querySelector("[name=category_ids]"))?.focus();
  }

  // --- words to choose from, also free ones
  form.elements.channel.setAttribute("list", "intake-channels");

  // --- long lists of people: a box to search, the chosen ones first
  for (const choices of form.querySelectorAll(".people-fields .field__choices")) {
    const labels = [...choices.querySelectorAll("label")];
    if (labels.length < 9) continue;
    const box = document.createElement("input");
    box.type = "search";
    box.className = "form-control people-fields__search";
    box.placeholder = "输入姓名筛选";
    box.setAttribute("aria-label", "筛选人员");
    box.addEventListener("input", () => {
      const text = box.value.trim();
      for (const label of labels) {
        label.hidden = text !== "" && !label.textContent.includes(text) && !label.querySelector("input").checked;
      }
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const found = labels.filter((label) => !label.hidden && !label.querySelector("input").checked);
      if (box.value.trim() && found.length === 1) {
        found[0].querySelector("input").checked = true;
        box.value = "";
        box.dispatchEvent(new Event("input"));
      }
    });
    choices.before(box);
  }

  // --- a phone that is known
  const phone = form.elements.phone;
  const place = form.querySelector("[data-known-people]");
  if (!phone || !place) return;
  let asked = "";
  const line = (one) => {
    const row = document.createElement("p");
    row.append(`${one.name}　${one.record_no}${one.last_day ? `　最近到院 ${one.last_day}` : ""}　`);
    const link = document.createElement("a");
    link.href = one.add_url;
    link.textContent = "为其登记复诊";
    row.append(link);
    if (one.open_visit_no) {
      const open = document.createElement("a");
      open.href = one.open_visit_url;
      open.textContent = `未完成的到院单 ${one.open_visit_no}`;
      row.append("　", open);
    }
    return row;
  };
  const show = (found) => {
    place.replaceChildren();
    if (!found.length) return;
    const box = document.createElement("div");
    box.className = "notice notice--warning";
    box.setAttribute("role", "status");
    const inner = document.createElement("div");
    inner.className = "known";
    const head = document.createElement("p");
    head.textContent = "该手机号已登记以下客户：";
    const other = document.createElement("label");
    other.className = "field__check";
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.className = "form-check-input";
    tick.name = "is_other_person";
    tick.value = "1";
    const words = document.createElement("span");
    words.textContent = "都不是，这是另一位客户（新建档案）";
    other.append(tick, words);
    inner.append(head, ...found.map(line), other);
    box.append(inner);
    place.append(box);
  };
  phone.addEventListener("change", async () => {
    const number = phone.value.replace(/\s/g, "");
    if (!/^1[3-9]\d{9}$/.test(number) || number === asked) return;
    asked = number;
    try {
      const answer = await fetch(form.dataset.known, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
        body: new URLSearchParams({ phone: number }),
      });
      const told = await answer.json();
      if (phone.value.replace(/\s/g, "") === number && told.code === 1) show(told.list);
    } catch {
      asked = ""; // asked again with the next change; saving asks in any case
    }
  });
})();
