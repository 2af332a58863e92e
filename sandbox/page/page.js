"use strict";
// The page is drawn by the server. This keeps it up to date: at each event the
// page is fetched anew, and what differs is put in place.

const $ = (id) => document.getElementById(id);

// The server's own page is the one HTML that is ever parsed; the policy of
// trusted types refuses any other.
const own = window.trustedTypes ? trustedTypes.createPolicy("page", { createHTML: (html) => html }) : { createHTML: (html) => html };

const user = () => $("chat").dataset.user;

function pin() { // so that the open chat stays open when another rings
  if (user() && !$("silence") && !new URLSearchParams(location.search).has("user")) {
    history.replaceState(null, "", "/?user=" + encodeURIComponent(user()));
  }
}

function swap(id, fresh) {
  const now = $(id), next = fresh.getElementById(id);
  if (now.innerHTML === next.innerHTML) return;
  const focused = now.contains(document.activeElement) && document.activeElement.id;
  now.replaceChildren(...next.cloneNode(true).childNodes);
  if (focused && $(focused)) $(focused).focus();
}

function swapChat(fresh) {
  const now = $("chat"), next = fresh.getElementById("chat");
  const atEnd = now.scrollHeight - now.scrollTop - now.clientHeight < 80;
  const rung = [];
  for (const old of [...now.children]) if (!next.querySelector("#" + CSS.escape(old.id))) old.remove();
  for (const li of [...next.children]) {
    const old = $(li.id);
    if (!old) {
      li.classList.add("new");
      now.append(li);
      if (li.id !== "silence") rung.push(li);
    } else if (old.className.replace(/ ?new/, "") !== li.className) old.replaceWith(li);
  }
  now.dataset.user = next.dataset.user || "";
  if (atEnd) now.scrollTop = now.scrollHeight;
  if (rung.length) {
    const last = rung[rung.length - 1].querySelector(".drawing").textContent.trim().replace(/\s+/g, " ").slice(0, 120);
    $("news").textContent = (rung.length > 1 ? $("news").dataset.more + " " + rung.length + ". " : $("news").dataset.single + " ") + last;
  }
}

async function refresh() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(own.createHTML(await answer.text()), "text/html");
  swapChat(fresh);
  for (const id of ["people", "bar", "clock", "tally", "paste", "command"]) swap(id, fresh);
  pin();
  read();
}

function read() {
  const open = document.querySelector("#people a[aria-current].fresh");
  if (open && document.visibilityState === "visible") fetch("/sandbox/read?user=" + encodeURIComponent(user()), { method: "POST" });
}

let busy = false, again = false;
async function update() {
  if (busy) { again = true; return; }
  busy = true;
  try { do { again = false; await refresh(); } while (again); } catch { /* the stream says when the server is back */ } finally { busy = false; }
}

function listen() {
  const live = $("live"), events = new EventSource("/sandbox/events");
  const say = (on) => { live.hidden = false; live.classList.toggle("off", !on); live.textContent = on ? live.dataset.yes : live.dataset.no; };
  events.onopen = () => { say(true); update(); }; // for what came before the stream did
  events.onerror = () => say(false);
  events.onmessage = update;
}

$("chat").scrollTop = $("chat").scrollHeight;
const copy = $("copy"), label = copy.textContent;
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText($("command").textContent);
    copy.textContent = copy.dataset.copied;
    setTimeout(() => { copy.textContent = label; }, 1500);
  });
}
document.addEventListener("visibilitychange", read);
setInterval(() => { $("clock").textContent = new Date().toTimeString().slice(0, 5); }, 15000);
const current = document.querySelector("#people a[aria-current]");
if (current && location.search) current.scrollIntoView({ block: "nearest", inline: "nearest" });
pin();
read();
listen();
