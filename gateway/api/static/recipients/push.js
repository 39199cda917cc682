// Asks the browser for push messages about this parcel, only when the button is pressed, and ends them by another.
"use strict";

(() => {
  const card = document.getElementById("push");
  const key = card.dataset.key;
  // A browser keeps one subscription for each scope, bound to one key: each shop has a scope of its own.
  const scope = `/t/assets/push-${key.slice(1, 17)}/`;
  const follow = document.getElementById("push-follow");
  const leave = document.getElementById("push-leave");
  const said = document.getElementById("push-said");
  const followed = `follows ${location.pathname}`;

  function bytes(text) {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  }

  function show(follows, told) {
    follow.hidden = follows;
    leave.hidden = !follows;
    said.textContent = told;
  }

  function active(registration) {
    const worker = registration.active || registration.waiting || registration.installing;
    return new Promise((done) => {
      if (worker.state === "activated") {
        done(registration);
      } else {
        worker.addEventListener("statechange", () => worker.state === "activated" && done(registration));
      }
    });
  }

  async function send(what, subscription) {
    const { endpoint, keys } = subscription.toJSON();
    const form = new URLSearchParams({ what, endpoint, p256dh: keys.p256dh, auth: keys.auth });
    const answer = await fetch(`${location.pathname}/push`, { method: "POST", body: form, credentials: "omit" });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
  }

  follow.addEventListener("click", async () => {
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        show(false, card.dataset.denied);
        return;
      }
      const registered = await navigator.serviceWorker.register("/t/assets/push-worker.js", { scope });
      const wanted = { userVisibleOnly: true, applicationServerKey: bytes(key) };
      const subscription = await (await active(registered)).pushManager.subscribe(wanted);
      await send("follow", subscription);
      localStorage.setItem(followed, "yes");
      show(true, card.dataset.following);
    } catch {
      show(false, card.dataset.failed);
    }
  });

  leave.addEventListener("click", async () => {
    try {
      const registered = await navigator.serviceWorker.getRegistration(scope);
      const subscription = registered && (await registered.pushManager.getSubscription());
      if (subscription) {
        await send("leave", subscription);
      }
      localStorage.removeItem(followed);
      show(false, card.dataset.left);
    } catch {
      show(true, card.dataset.failed);
    }
  });

  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    card.hidden = false;
    show(localStorage.getItem(followed) === "yes" && Notification.permission === "granted", "");
  }
})();
