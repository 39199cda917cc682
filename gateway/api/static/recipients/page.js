// Looks for news of the parcel while the page is in sight, and shows it in place. Without it, the page is reloaded by hand.
"use strict";

(() => {
  const state = () => document.getElementById("state");
  let timer = 0;

  function renew(fresh) {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next && !part.contains(document.activeElement)) {
        part.replaceWith(document.importNode(next, true));
      }
    }
    document.title = fresh.title;
    document.getElementById("said").textContent = state().dataset.said;
    mark();
  }

  async function look() {
    try {
      const seen = { "If-None-Match": state().dataset.tag };
      const answer = await fetch(location.href, { headers: seen, cache: "no-store", credentials: "omit" });
      if (answer.status === 200) {
        renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } else if (answer.status === 404 || answer.status === 410) {
        return;
      }
    } catch {
      // Offline, most likely: the next look may be luckier.
    }
    wait();
  }

  function wait() {
    clearTimeout(timer);
    const every = Number(state().dataset.every) * 1000;
    if (every && document.visibilityState === "visible") {
      timer = setTimeout(look, every);
    }
  }

  function mark() {
    for (const line of document.querySelectorAll(".live, .reload")) {
      line.hidden = line.className === "reload";
    }
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible" && Number(state().dataset.every)) {
      look();
    }
  });
  mark();
  wait();
})();
