// Everything works without this script, only less comfortably: pages and forms are the server's.
"use strict";

// --- parts that move by themselves: [data-live="name"], see gateway/http/console/live.py ----------------
(function () {
  const names = [...new Set([...document.querySelectorAll("[data-live]")].map((part) => part.dataset.live))];
  if (!names.length || !window.EventSource) return;
  let source = null;

  function put(event) {
    for (const part of document.querySelectorAll(`[data-live="${CSS.escape(event.type)}"]`)) {
      // who is in the middle of a part with the keyboard must not lose the place; the next change comes anyway
      if (part.contains(document.activeElement) && document.activeElement !== document.body) continue;
      const made = new DOMParser().parseFromString(event.data, "text/html").body;
      if (made.innerHTML.trim() === part.innerHTML.trim()) continue;
      part.replaceChildren(...made.childNodes);
      part.classList.remove("changed");
      void part.offsetWidth; // lets the mark of a change begin anew
      part.classList.add("changed");
    }
  }
  function open() {
    if (source) return;
    source = new EventSource(`/console/events?live=${names.map(encodeURIComponent).join(",")}`);
    for (const name of names) source.addEventListener(name, put);
  }
  function close() {
    if (source) source.close();
    source = null;
  }
  // a browser keeps few connections to one site: tabs that nobody sees give theirs back
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  if (!document.hidden) open();
})();

// --- the menu of narrow screens --------------------------------------------------------------------------
(function () {
  const button = document.querySelector(".burger");
  if (!button) return;
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  menu.hidden = true;
  button.addEventListener("click", () => {
    menu.hidden = !menu.hidden;
    button.setAttribute("aria-expanded", String(!menu.hidden));
  });
})();

// --- wide pictures on narrow screens: this node of a map, the latest of a chart are in sight first --------
for (const box of document.querySelectorAll(".scroll")) {
  const here = box.querySelector(".axis .here");
  if (here) {
    const at = here.getBoundingClientRect();
    box.scrollLeft += at.left + at.width / 2 - box.getBoundingClientRect().left - box.clientWidth / 2;
  } else if (box.closest(".chart")) {
    box.scrollLeft = box.scrollWidth;
  }
}

// --- forms ---------------------------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sure && !window.confirm(form.dataset.sure)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  // twice clicked is once sent; the button stays usable after "back"
  for (const button of form.querySelectorAll("button")) setTimeout(() => (button.disabled = true), 0);
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button[disabled]")) button.disabled = false;
});
(function () {
  const wrong = document.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
})();
