"use strict";
// Pages are drawn by the server, and htmx puts parts of them in place. This adds
// what only a browser can know: keys, which text is open, what is new.

const $ = (id) => document.getElementById(id);
const all = (selector, in_ = document) => [...in_.querySelectorAll(selector)];

// --- what changes while it is looked at

let stream = null;
function listen() {
  const url = document.body.dataset.live, mark = $("live");
  if (!url || stream || document.visibilityState === "hidden") return;
  const say = (on) => { mark.hidden = false; mark.classList.toggle("off", !on); mark.textContent = on ? mark.dataset.yes : mark.dataset.no; };
  stream = new EventSource(url);
  stream.onopen = () => { say(true); changed(); }; // for what came before the stream did
  stream.onerror = () => say(false);
  stream.onmessage = changed;
}
const changed = () => htmx.trigger(document.body, "changed");

document.addEventListener("visibilitychange", () => { // a page that nobody sees keeps no connection
  if (document.visibilityState === "hidden") { stream?.close(); stream = null; return; }
  listen();
});

// What is put in place of a part is new: what was open stays open, and what had
// the focus keeps it (htmx sees to that where it has an id). Text that is being
// selected is left alone until it is not any more.
const live = '[hx-trigger^="changed"]';
const focusable = (part) => all("a[href], button, summary, [tabindex]", part);
const selecting = (part) => { const s = getSelection(); return !s.isCollapsed && part.contains(s.anchorNode); };
const twin = (e) => (f) => f.tagName === e.tagName && f.textContent === e.textContent;
let kept = null, missed = false;
document.addEventListener("htmx:beforeSwap", (e) => {
  const part = e.detail.target;
  if (!part?.matches(live)) return;
  if (selecting(part)) { e.detail.shouldSwap = false; missed = true; return; }
  const at = part.contains(document.activeElement) && !document.activeElement.id ? document.activeElement : null;
  kept = { id: part.id, open: all("details[open][id]", part).map((d) => d.id), rows: new Set(all("tbody tr", part).map((r) => r.id)),
    focus: at, nth: at && focusable(part).filter(twin(at)).indexOf(at) };
});
document.addEventListener("selectionchange", () => {
  if (missed && !all(live).some(selecting)) { missed = false; changed(); }
});
document.addEventListener("htmx:afterSwap", () => {
  const part = kept && $(kept.id);
  if (!part) return;
  kept.open.forEach((id) => { if ($(id)) $(id).open = true; });
  if (kept.focus) focusable(part).filter(twin(kept.focus))[kept.nth]?.focus({ preventScroll: true });
  const fresh = part.id === "list" ? all("tbody tr", part).filter((r) => !kept.rows.has(r.id)) : [];
  kept = null;
  fresh.forEach((r) => r.classList.add("new"));
  if (fresh.length) $("news").textContent = document.body.dataset.new + fresh.length + ". " + fresh[0].querySelector("a").textContent;
});
document.addEventListener("htmx:afterSettle", () => {
  if ($("trial")) $("news").textContent = $("trial").dataset.said;
});

// --- keys

function step(by) {
  const links = all("#list tbody a[id], .recent li > a:first-child");
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1), k: () => step(-1),
  "/": () => $("q")?.focus(),
  u: () => $("back")?.click(),
  "?": () => $("help").showModal(),
};
document.addEventListener("keydown", (e) => {
  const typing = e.target.closest("input, textarea, select, dialog[open]");
  if (typing || e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

// --- the playground

const tabs = () => all('[role="tab"]:not([hidden])');
function open(tab, focus) {
  tab.hidden = false;
  $("more").querySelector(`[value="${tab.id}"]`)?.remove();
  all('[role="tab"]').forEach((t) => {
    const on = t === tab;
    t.setAttribute("aria-selected", on);
    t.tabIndex = on ? 0 : -1;
    $(t.getAttribute("aria-controls")).hidden = !on;
  });
  if (focus) tab.focus();
}

// What is edited is kept while this tab of the browser lives, whatever is looked
// at in between. A payload is kept for its event alone.
const texts = () => all("#texts textarea");
const original = new WeakMap(); // of each text, as the server drew it
const draft = (t, value) => remembered(sessionStorage, "draft:" + t.name, value);
function mark(t) {
  const changed = t.value !== original.get(t);
  $(t.closest('[role="tabpanel"]').getAttribute("aria-labelledby")).classList.toggle("edited", changed);
  $("edited").hidden = !texts().some((t) => t.value !== original.get(t));
  return changed;
}
function restore(t) {
  original.set(t, t.value);
  const { value, base } = JSON.parse(draft(t) || "{}");
  if (value === undefined || t.name === "payload" && base !== t.value) return;
  t.value = value;
  if (mark(t) && t.dataset.file) open($(t.closest('[role="tabpanel"]').getAttribute("aria-labelledby")));
}
document.addEventListener("input", (e) => {
  if (!original.has(e.target)) return;
  draft(e.target, mark(e.target) ? JSON.stringify({ value: e.target.value, base: original.get(e.target) }) : "{}");
});
document.addEventListener("htmx:afterSwap", (e) => { // another event
  if (e.detail.target?.id !== "pane-payload") return;
  $("pane-payload").hidden = $("tab-payload").tabIndex < 0;
  const text = $("pane-payload").querySelector("textarea");
  original.set(text, text.value);
  mark(text);
  htmx.trigger($("texts"), "input");
});

function place(button) { // the cursor to where a fault is
  const text = all("textarea[data-file]").find((t) => button.dataset.file.endsWith(t.dataset.file));
  if (!text) return;
  open($(text.closest('[role="tabpanel"]').getAttribute("aria-labelledby")));
  const lines = text.value.split("\n"), line = button.dataset.line - 1;
  const from = lines.slice(0, line).reduce((n, l) => n + l.length + 1, 0) + Math.max(0, button.dataset.column - 1);
  text.focus();
  text.setSelectionRange(from, from + (lines[line]?.slice(button.dataset.column - 1).match(/^[\w.]+/)?.[0].length || 1));
  text.scrollTop = Math.max(0, line - 5) * (text.scrollHeight / lines.length);
}

document.addEventListener("click", async (e) => {
  const tab = e.target.closest('[role="tab"]'), at = e.target.closest("button.place");
  if (tab) open(tab);
  if (at) place(at);
  if (e.target.closest("#keys")) $("help").showModal();
  if (e.target.closest("#discard")) {
    texts().forEach((t) => { t.value = original.get(t); draft(t, "{}"); mark(t); });
    htmx.trigger($("texts"), "input");
  }
  const copy = e.target.closest("#copy");
  if (copy) {
    await navigator.clipboard.writeText(all(".pane").find((p) => !p.hidden).querySelector("textarea").value);
    const said = copy.textContent;
    copy.textContent = copy.dataset.done;
    setTimeout(() => { copy.textContent = said; }, 1500);
  }
});
document.addEventListener("keydown", (e) => {
  const list = tabs(), at = list.indexOf(e.target), by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (at >= 0 && by) open(list[(at + by + list.length) % list.length], true);
});

document.addEventListener("change", (e) => {
  if (e.target.id === "more" && e.target.value) open($(e.target.value), true);
});

// The way back is to the list as it was filtered; who signs need not type it again.
const remembered = (store, key, value) => { try { if (value !== undefined) store.setItem(key, value); return store.getItem(key); } catch { return null; } };
if ($("list")) remembered(sessionStorage, "list", location.search);
const list = remembered(sessionStorage, "list"), by = document.querySelector('input[name="by"]');
if (list && $("back")?.getAttribute("href") === "/") $("back").href = "/" + list;
if (by && !by.value) by.value = remembered(localStorage, "by") || "";
by?.form.addEventListener("submit", () => remembered(localStorage, "by", by.value));

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
$("keys").hidden = false;
if (tabs().length) {
  $("load").hidden = true;
  texts().forEach(restore);
  open(tabs()[0]);
  if (!$("edited").hidden) document.addEventListener("DOMContentLoaded", () => htmx.trigger($("texts"), "input")); // once htmx listens
  if (navigator.clipboard) $("copy").hidden = false;
}
listen();
