// Keeps what is shown up to date. The server renders everything: this only puts its newest answer in place of the last.
// Without script, the page does the same by reloading.
"use strict";

const POLL_MS = 2000;
const PRESS_MS = 50;
const PATIENCE_MS = 10000;

const live = document.getElementById("live");
const offline = document.getElementById("offline");
let shown = live && live.innerHTML;
let updated = Promise.resolve();

function showLocalTimes(root) {
  const format = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  for (const time of root.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleString("en-GB", format);
    time.title = time.dateTime;
  }
}

function put(fresh) {
  for (const name of ["said", "events", "every"]) {
    if (name in fresh.dataset) live.dataset[name] = fresh.dataset[name];
    else delete live.dataset[name];
  }
  if (fresh.innerHTML === shown) return;
  shown = fresh.innerHTML;
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  const filter = live.querySelector(".more");
  if (filter) fresh.querySelector(".more").replaceWith(filter); // what was written there, and not yet sent, stays
  live.replaceChildren(...fresh.childNodes);
  showLocalTimes(live);
  begin(live);
  if (focused) (document.getElementById(focused) || live.querySelector("a, button")).focus();
  const said = document.getElementById("said");
  if (said && said.textContent !== live.dataset.said) said.textContent = live.dataset.said;
}

// A person who is filling in the filter, or holds a link or a button down, is not disturbed.
function isDisturbing() {
  const at = document.activeElement;
  return live.matches(":active") || (live.contains(at) && at.matches("input, select"));
}

async function update() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    offline.hidden = answer.ok;
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh) return;
    document.title = page.title;
    while (isDisturbing()) await new Promise((resume) => setTimeout(resume, PRESS_MS));
    put(fresh);
  } catch {
    offline.hidden = false;
  }
}

// One after the other, so that no older answer is put over a newer one.
function refresh() {
  updated = updated.then(update);
  return updated;
}

async function poll(goesOn) {
  if (!document.hidden && !isDisturbing()) await refresh();
  if (goesOn()) setTimeout(poll, POLL_MS, goesOn);
}

function follow() {
  const events = new EventSource(live.dataset.events);
  events.onmessage = async () => {
    await refresh();
    if (!live.dataset.events) events.close();
  };
  events.onopen = () => { offline.hidden = true; };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) {
      poll(() => live.dataset.events); // no stream to be had: ask every now and then instead
    } else {
      offline.hidden = false; // the browser connects again by itself
    }
  };
}

// How long something has been running goes on between the server's answers, by the clock of this page.
function begin(root) {
  for (const elapsed of root.querySelectorAll(".elapsed")) elapsed.since = performance.now() - 1000 * elapsed.dataset.seconds;
}

function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
}

function tick() {
  for (const elapsed of live.querySelectorAll(".elapsed")) {
    elapsed.textContent = duration((performance.now() - elapsed.since) / 1000);
  }
}

// Browsers hand the clipboard to secure pages only, among them those of this machine.
if (navigator.clipboard) {
  document.body.classList.add("can-copy");
  document.addEventListener("click", async (event) => {
    if (!event.target.matches(".copy")) return;
    await navigator.clipboard.writeText(location.origin + location.pathname);
    event.target.textContent = "Copied";
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// The server keeps the choice, in a cookie: this only spares the reload.
document.getElementById("theme").addEventListener("submit", async (event) => {
  event.preventDefault();
  const theme = event.submitter.value;
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name=color-scheme]").content = theme === "system" ? "light dark" : theme;
  for (const button of event.target.querySelectorAll("button")) button.ariaPressed = String(button.value === theme);
  await fetch(event.target.action, { method: "POST", redirect: "manual", body: new URLSearchParams({ theme }) });
});

if (live) {
  document.body.classList.add("is-live");
  showLocalTimes(live);
  begin(live);
  setInterval(tick, 1000);
  if (live.dataset.events) follow();
  else if (live.dataset.every) setTimeout(poll, POLL_MS, () => live.dataset.every);
}
