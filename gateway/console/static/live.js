// Rows that others change get a quiet mark, and a button says how many there are; nothing moves by itself. What changes
// elsewhere counts where the page shows all of its kind: its types, or how they begin, stand in data-live-all.
"use strict";
(() => {
  const told = document.querySelector("[data-live]");
  if (!told) return;
  const EVERY = 20000, SPOKEN_EVERY = 4000, MOST = 99;
  const all = told.dataset.liveAll.split(" ").filter(Boolean), link = told.querySelector("a"), changed = new Set();
  let after = told.dataset.after, source = null, polling = 0, speaking = 0;

  const rows = (id) => document.querySelectorAll(`tr:has(td.pick input[value="${CSS.escape(id)}"]), [data-about="${CSS.escape(id)}"]`);

  function speak() {
    speaking = 0;
    const number = changed.size > MOST ? `${MOST}+` : changed.size;
    link.textContent = `${number} update${changed.size === 1 ? "" : "s"} – refresh`;
    told.hidden = false;
  }

  function tell(news) {
    const [id, type] = news.split(" "), here = rows(id);
    if (changed.has(id) || !(here.length || all.some((each) => type.startsWith(each)))) return;
    changed.add(id);
    for (const row of here) {
      row.classList.add("changed");
      const said = document.createElement("span");
      said.className = "sr";
      said.textContent = " changed since you opened this";
      row.querySelector("th, h1")?.append(said);
    }
    speaking ||= setTimeout(speak, told.hidden ? 0 : SPOKEN_EVERY);
  }

  async function poll() {
    polling = 0;
    try {
      const answer = await fetch(`${told.dataset.live}/since?after=${after}`, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 403) return;
      if (answer.ok) {
        const news = await answer.json();
        after = news.after;
        news.changed.forEach(tell);
      }
    } catch { /* away for a while: asked again below */ }
    if (!document.hidden) polling = setTimeout(poll, EVERY);
  }

  function listen() {
    source = new EventSource(`${told.dataset.live}?after=${after}`);
    source.onmessage = (event) => { after = event.lastEventId || after; tell(event.data); };
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      polling ||= setTimeout(poll, EVERY);
    };
  }

  function rest() {
    source?.close();
    source = null;
    clearTimeout(polling);
    polling = 0;
  }

  // A page that nobody looks at holds no connection.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : source || polling || listen()));
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  if (!document.hidden) listen();
})();
