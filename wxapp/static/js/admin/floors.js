// Moves the floors of the home page in the form itself: by dragging, or with the arrows, without a journey each time.
(() => {
  "use strict";

  const list = document.querySelector("[data-floors]");
  if (!list) return;
  const told = document.querySelector("[data-told]");

  function tell(item) {
    const name = item.querySelector("[name=floors]").value;
    const place = [...list.children].indexOf(item) + 1;
    told.textContent = `${name}移到第${place}位，保存后生效`;
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    const other = button.dataset.move === "1" ? item.nextElementSibling : item.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(item);
    else other.before(item);
    button.focus();
    tell(item);
  });

  if (window.Sortable) {
    list.classList.add("floors--draggable");
    window.Sortable.create(list, { handle: "[data-handle]", animation: 120, onEnd: (event) => tell(event.item) });
  }
})();
