// Writing a document: the form works without this script; with it large files show how far they are, files that
// were chosen stay chosen when something is wrong, and recipients are found while typing.
"use strict";

(function () {
  const main = document.getElementById("main");

  // --- how far the files are -----------------------------------------------------------------------------
  function send(form) {
    const request = new XMLHttpRequest();
    const told = form.querySelector(".progress");
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", form.dataset.upload);
    told.replaceChildren(bar);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.max = event.total;
      bar.value = event.loaded;
    });
    request.addEventListener("load", () => show(request, form));
    request.addEventListener("error", () => fail(form, told));
    request.open("POST", form.action);
    request.send(new FormData(form));
  }

  function fail(form, told) {
    told.textContent = form.dataset.broken;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }

  function show(request, form) {
    if (new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
      window.location.assign(request.responseURL); // the session is over: the login says so
      return;
    }
    const files = form.querySelector("[type=file]");
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    main.replaceChildren(...page.getElementById("main").childNodes);
    document.title = page.title;
    const again = main.querySelector(".letter-form [type=file]");
    if (again) {
      for (const name of ["aria-invalid", "aria-describedby"]) {
        if (again.hasAttribute(name)) files.setAttribute(name, again.getAttribute(name));
        else files.removeAttribute(name);
      }
      again.replaceWith(files);
      for (const note of main.querySelectorAll(".files-lost")) note.remove();
      prepare();
    }
    (main.querySelector("[aria-invalid]") || main).focus();
    window.scrollTo(0, 0);
  }

  // --- recipients ------------------------------------------------------------------------------------------
  function finder(place, target) {
    const label = document.createElement("label");
    const field = document.createElement("input");
    const list = document.createElement("ul");
    label.textContent = place.querySelector("a").textContent.replace(/\s*\(.*\)/, "");
    field.type = "search";
    field.id = "finder";
    label.htmlFor = field.id;
    list.setAttribute("role", "status");
    place.replaceChildren(label, field, list);
    let waiting = 0;
    let asked = "";
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => find(field.value.trim()), 300);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it would send the whole form
    });
    async function find(text) {
      asked = text;
      if (text.length < 2) return list.replaceChildren();
      const answer = await fetch(`${place.dataset.search}?q=${encodeURIComponent(text)}`);
      if (!answer.ok || asked !== text) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = [...page.querySelectorAll("#found li")];
      for (const line of found) offer(line);
      list.replaceChildren(...found);
    }
    function offer(line) {
      const code = line.querySelector("code");
      if (!code) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = place.dataset.add;
      button.setAttribute("aria-label", `${place.dataset.add} ${line.textContent.trim()}`);
      button.addEventListener("click", () => {
        const named = target.value.split(/[\s,;]+/).filter(Boolean);
        if (!named.includes(code.textContent)) named.push(code.textContent);
        target.value = named.join(", ");
      });
      line.append(" ", button);
    }
  }

  function prepare() {
    const form = main.querySelector(".letter-form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
    finder(form.querySelector(".finder"), form.querySelector("[name=recipients]"));
  }
  prepare();
})();
