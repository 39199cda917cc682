// What the console does in the browser beside htmx: times in the reader's zone, and keys.
"use strict";
(() => {
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

  function relative(at) {
    const seconds = (at - Date.now()) / 1000;
    for (const [unit, length] of steps)
      if (Math.abs(seconds) >= length) return ago.format(Math.round(seconds / length), unit);
    return "just now";
  }

  function tellTimes(root) {
    for (const each of root.querySelectorAll("time[data-form]")) {
      const at = new Date(each.dateTime);
      const long = at.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "short" });
      const short = at.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
      const form = each.dataset.form;
      if (form === "date") {
        each.textContent = at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
        each.title = long;
        continue;
      }
      each.textContent = form === "ago" ? relative(at) : form === "long" ? long : form === "clock" ? short.slice(-5) : short;
      each.title = form === "ago" ? long : `${long} (${relative(at)})`;
    }
  }

  const rows = () => [...document.querySelectorAll("tr.row-link")];

  function walk(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    all.forEach((row) => row.classList.toggle("at", row === next));
    next.querySelector("th a, a").focus();
  }

  function pick() {
    const box = document.querySelector("tr.at td.pick input");
    if (box) { box.checked = !box.checked; tellPicked(); }
  }

  function press(selector) {
    const found = document.querySelector(selector);
    if (!found) return;
    if (found.matches("input, textarea, select")) {
      const folded = found.closest("details:not([open])");
      if (folded) folded.open = true;
      found.focus();
    } else found.click();
  }

  const prefixes = { g: "data-go", a: "data-act" };
  let going = 0, prefix = "";
  const single = {
    "/": () => { press("#find"); document.querySelector("#find")?.select(); },
    "?": () => document.querySelector("#keys")?.showModal(),
    x: () => pick(),
    j: () => walk(1),
    k: () => walk(-1),
    n: () => press("[data-key=n]"),
    e: () => press("[data-key=e]"),
    r: () => press("[data-key=r]"),
    p: () => press("[data-key=p]"),
    u: () => press("[data-live]:not([hidden]) [data-key=u]"),
    "[": () => press("[data-neighbour='-1']:not([hidden])"),
    "]": () => press("[data-neighbour='1']:not([hidden])"),
  };

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.form) {
      event.preventDefault();
      field.form.requestSubmit(field.form.querySelector("[data-main]"));
      return;
    }
    if (event.key === "Escape") {
      const open = event.target.closest("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      else if (field) field.blur();
      return;
    }
    if (field || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (document.body.dataset.shortcuts !== "on") return;
    if (going > Date.now()) {
      going = 0;
      const link = document.querySelector(`[${prefixes[prefix]}="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    } else if (prefixes[event.key]) { going = Date.now() + 1500; prefix = event.key; }
    else if (single[event.key]) { event.preventDefault(); single[event.key](); }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const copier = event.target.closest("[data-copies]");
    if (copier)
      navigator.clipboard.writeText(copier.dataset.copies).then(() => {
        const before = copier.textContent;
        copier.textContent = "Copied";
        setTimeout(() => { copier.textContent = before; }, 1500);
      });
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  // A choice on which other fields depend: the form comes back with those that fit, and with the focus where it is by
  // then. Whoever chooses with the keyboard is not interrupted, and what is typed meanwhile is not lost.
  const PAUSE = 400;
  let waiting = 0, pressed = 0;

  function refresh(form) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      waiting = 0;
      if (!form.isConnected || form.dataset.sent) return;
      const at = document.activeElement;
      form.elements.focus.value = form.contains(at) ? at.id || at.value || "" : "";
      form.requestSubmit();
    }, Math.max(pressed + PAUSE - Date.now(), 0));
  }

  document.addEventListener("keydown", () => { pressed = Date.now(); }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-refreshes]")) refresh(event.target.form);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.matches(".builder.htmx-request")) {
      if (waiting && form) refresh(form);
      return;
    }
    window.htmx.trigger(form, "htmx:abort");
    refresh(form);
  });
  document.addEventListener("submit", () => { clearTimeout(waiting); waiting = 0; }, true);

  // Many rows at once: the page's own box, how many are ticked, and "all that match" when the whole page is.
  const picked = () => [...document.querySelectorAll("td.pick input")];
  function tellPicked() {
    const boxes = picked(), ticked = boxes.filter((box) => box.checked).length, all = document.querySelector("[data-picks-all]");
    const told = document.querySelector("[data-picked]"), which = document.querySelector("#bulk [name=which]");
    if (!told || !all) return;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    const matching = which.querySelector("[value=all]").textContent.trim();
    told.textContent = which.value === "all" ? "" : ticked ? `${ticked} selected` + (all.checked ? `; choose “${matching}” for those on other pages too` : "") : "";
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-picks-all]")) for (const box of picked()) box.checked = event.target.checked;
    if (event.target.closest(".pick, #bulk")) tellPicked();
  });
  document.querySelector("[data-picks-all]")?.removeAttribute("hidden");
  window.addEventListener("pageshow", tellPicked);

  // The results of the list that was last looked at, to go from one to the next without going back.
  if (!document.querySelector("header.bar")) sessionStorage.clear();
  const listed = [...document.querySelectorAll("table.shipments th a")].map((link) => link.pathname);
  if (listed.length) sessionStorage.setItem("listed", JSON.stringify({ paths: listed, back: location.pathname + location.search }));
  const results = JSON.parse(sessionStorage.getItem("listed") ?? '{"paths":[]}'), place = results.paths.indexOf(location.pathname);
  if (place >= 0) {
    for (const link of document.querySelectorAll("[data-neighbour]")) {
      const there = results.paths[place + Number(link.dataset.neighbour)];
      if (there) { link.href = there; link.hidden = false; }
    }
    document.querySelector("[data-back]")?.setAttribute("href", results.back);
  }

  // On a narrow screen the menu and tabs are strips: the page's own entry is to be seen, also after a turn or a zoom.
  function showHere() {
    for (const here of document.querySelectorAll("nav.side [aria-current], nav.tabs [aria-current]")) {
      const strip = here.closest("nav"), over = here.getBoundingClientRect(), frame = strip.getBoundingClientRect();
      if (over.left < frame.left || over.right > frame.right) strip.scrollLeft += over.left - frame.left - (frame.width - over.width) / 2;
    }
  }
  window.addEventListener("resize", showHere);
  showHere();

  // What the keyboard reaches is seen whole, also where it was half seen already, which browsers take for enough.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("a, button, summary") && event.target.matches(":focus-visible")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // A form is sent once, however often its button is pressed; one that is answered by a file stays, and is sent again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.querySelector("option[data-file]:checked")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  document.addEventListener("htmx:after:swap", () => tellTimes(document));
  tellTimes(document);
})();
