// The pack station in the browser: one field keeps the focus, sounds, printing, and what is scanned while the line is down.
"use strict";
(() => {
  const SLOW_MS = 700, TRAY_MS = 10000, KEPT_MS = 600000, AGAIN_MS = 5000, STORE = "pack-queue";
  const TONES = { good: [[880, .09], [1320, .14]], bad: [[220, .22], [165, .3]], wait: [[440, .1], [440, .1]], calm: [[660, .05]] };
  const station = () => document.querySelector("#station");
  const field = () => document.querySelector("#scan");
  let audio;

  function sound(tone) {
    audio ||= new AudioContext();
    let at = audio.currentTime;
    for (const [pitch, length] of TONES[tone] || []) {
      const voice = new OscillatorNode(audio, { frequency: pitch, type: tone === "bad" ? "square" : "sine" });
      const loud = new GainNode(audio, { gain: .12 });
      voice.connect(loud).connect(audio.destination);
      voice.start(at);
      voice.stop(at += length);
    }
  }

  function show(html) {
    const made = new DOMParser().parseFromString(html, "text/html").querySelector("#station");
    if (!made) throw new Error("no station in the answer");
    station().replaceWith(made);
    const tone = made.dataset.tone;
    document.body.dataset.flash = tone;
    setTimeout(() => delete document.body.dataset.flash, 600);
    sound(tone);
    field().focus();
    if (made.dataset.prints === "picture") {
      const label = document.querySelector("#label");
      label.decode().then(() => window.print()).catch(() => say("bad", "The label cannot be shown", "Scan REPRINT, or open it as PDF."));
    } else if (made.dataset.prints === "pages") document.querySelector("#label-pages").focus();
  }

  function say(tone, title, then) {
    const box = document.querySelector(".said");
    box.className = `said ${tone}`;
    box.setAttribute("role", tone === "bad" ? "alert" : "status");
    box.replaceChildren(...[title, then].filter(Boolean).map((text, at) => {
      const line = document.createElement("p");
      line.textContent = text;
      if (!at) line.className = "said-title";
      return line;
    }));
    document.body.dataset.flash = tone;
    setTimeout(() => delete document.body.dataset.flash, 600);
    sound(tone);
    field().focus();
  }

  const queue = () => JSON.parse(localStorage.getItem(STORE) || "[]");
  function keep(all) {
    localStorage.setItem(STORE, JSON.stringify(all));
    document.querySelector("#offline").hidden = !all.length;
    document.querySelector("#queue").replaceChildren(...all.map((each) => {
      const line = document.createElement("li");
      line.textContent = `${each.name}: not booked yet, no label`;
      return line;
    }));
  }

  async function send(form) {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(form.body), headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) { location.assign(elsewhere); return null; }
    return answer.text();
  }

  let waiting = 0;
  async function submit(form) {
    const body = [...new FormData(form)], name = field().value.trim() || station().dataset.current;
    const mine = ++waiting, slow = document.querySelector("#slow");
    const spin = setTimeout(() => { slow.hidden = false; }, SLOW_MS);
    const tray = setTimeout(() => {
      if (mine !== waiting) return;
      waiting++;
      slow.hidden = true;
      document.querySelector("[name=current]").value = "";
      say("wait", `${name}: no answer yet`, "Put it into the tray without a label and go on with the next. It is told here when it is known.");
    }, TRAY_MS);
    field().value = "";
    try {
      const html = await send({ action: form.action, body });
      if (html === null) return;
      if (mine === waiting) show(html);
      else say("calm", `${name} is answered now`, "Scan it again for its label.");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      keep([...queue(), { name, body: body.map(([key, text]) => [key, key === "csrf" ? "" : text]), at: Date.now() }]);
      document.querySelector("[name=current]").value = "";
      say("wait", `${name}: the line is down, it is not booked yet`, "Put it aside without a label. It is sent by itself when the line is back.");
    } finally {
      clearTimeout(spin);
      clearTimeout(tray);
      if (slow.isConnected) slow.hidden = true;
    }
  }

  let sending = false;
  async function catchUp() {
    if (sending) return;
    sending = true;
    try {
      for (let all = queue(); all.length; all = queue()) {
        const [first, ...rest] = all;
        if (Date.now() - first.at > KEPT_MS) {
          keep(rest);
          say("bad", `${first.name} was kept for too long`, "It is not booked. Scan it again.");
          continue;
        }
        const csrf = document.querySelector("[name=csrf]").value;
        const html = await send({ action: document.querySelector("#scan-form").action, body: first.body.map(([key, text]) => [key, key === "csrf" ? csrf : text]) });
        if (html === null) return;
        keep(rest);
        const tone = new DOMParser().parseFromString(html, "text/html").querySelector("#station")?.dataset.tone;
        if (tone === "good") say("good", `${first.name} is booked now`, "Scan it again for its label.");
        else say("bad", `${first.name} was not booked`, "Scan it again to see why.");
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    } finally {
      sending = false;
    }
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".station-form")) return;
    event.preventDefault();
    submit(event.target);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !document.querySelector("#scan-form")) return;
    event.preventDefault();
    event.stopPropagation();
    field().value = "ABORT";
    submit(document.querySelector("#scan-form"));
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, summary, label, dialog")) field().focus();
  });
  window.addEventListener("online", catchUp);
  setInterval(catchUp, AGAIN_MS);
  keep(queue());
  field().focus();
})();
