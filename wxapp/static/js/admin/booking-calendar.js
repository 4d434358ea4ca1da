// Draws the calendar from what stands beside it, and moves a booking to where it is dropped once staff agree.
(() => {
  "use strict";
  const board = document.querySelector("[data-calendar]");
  if (!board || !window.EventCalendar) return;
  const read = (name) => JSON.parse(document.querySelector(`[data-calendar-${name}]`).textContent);
  const columns = read("columns");
  const isWeek = board.dataset.view === "week";
  const dialog = document.querySelector("[data-move-ask]");
  const told = document.querySelector("[data-calendar-told]");

  const two = (number) => String(number).padStart(2, "0");
  const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const timeOf = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
  const titleOf = (id) => (columns.find((column) => column.id === id) || { title: "" }).title;

  function drawn(one) {
    const isGround = one.kind === "session";
    return {
      id: one.id,
      start: one.start,
      end: one.end,
      resourceIds: [one.column],
      title: one.title,
      display: isGround ? "background" : "auto",
      editable: !isGround && one.can_move,
      startEditable: !isGround && one.can_move,
      durationEditable: false,
      classNames: isGround ? ["ground", `ground--${one.tone}`] : ["appointment", `appointment--${one.tone}`],
      extendedProps: { url: one.url, version: one.version, kind: one.kind, column: one.column },
    };
  }

  function tell(sentence) {
    told.textContent = sentence;
    told.hidden = false;
    told.scrollIntoView({ block: "nearest" });
  }

  function agree(question) {
    dialog.querySelector("[data-move-text]").textContent = question;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  async function move(event, who) {
    const body = { version: event.extendedProps.version, who, day: dayOf(event.start), at: timeOf(event.start) };
    const answer = await fetch(board.dataset.drop.replace("NUMBER", encodeURIComponent(event.id)), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": board.dataset.csrf },
      body: JSON.stringify(body),
    });
    const result = await answer.json();
    if (!answer.ok) throw new Error(result.msg || "改约未能完成，请刷新页面后重试");
    return result;
  }

  async function dropped(info) {
    told.hidden = true;
    const who = info.newResource ? info.newResource.id : info.event.extendedProps.column;
    const when = `${dayOf(info.event.start)} ${timeOf(info.event.start)}`;
    if (!(await agree(`将 ${info.event.title} 改约到 ${when}　${titleOf(who)}，患者会收到通知，确定吗？`))) {
      info.revert();
      return;
    }
    try {
      await move(info.event, who);
      location.reload(); // numbers of free seats have changed as well
    } catch (error) {
      info.revert();
      tell(error instanceof TypeError || error instanceof SyntaxError ? "网络不通，改约未能完成，请重试" : error.message);
    }
  }

  window.EventCalendar.create(board, {
    view: isWeek ? "timeGridWeek" : "resourceTimeGridDay",
    date: board.dataset.day,
    firstDay: 1,
    locale: "zh-CN",
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    slotMinTime: board.dataset.from,
    slotMaxTime: board.dataset.to,
    slotDuration: "00:30",
    slotHeight: 32,
    slotEventOverlap: false,
    snapDuration: "00:05",
    slotLabelFormat: (time) => timeOf(time),
    dayHeaderFormat: (date) => `${two(date.getMonth() + 1)}-${two(date.getDate())} 周${"日一二三四五六"[date.getDay()]}`,
    eventContent: (info) => {
      const isGround = info.event.display === "background";
      return isGround ? info.event.title : `${info.event.title} ${timeOf(info.event.start)}`;
    },
    nowIndicator: true,
    eventStartEditable: true,
    eventDurationEditable: false,
    resources: isWeek ? [] : columns,
    events: read("events").map(drawn),
    eventClick: (info) => {
      if (info.event.extendedProps.url) location.href = info.event.extendedProps.url;
    },
    eventDrop: dropped,
  });
  // Columns stay wide enough to read; the board scrolls.
  board.firstElementChild.style.minWidth = `${4 + (isWeek ? 7 : columns.length) * 4.75}rem`;
})();
