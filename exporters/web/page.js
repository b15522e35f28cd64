// Keeps the page up to date and answers look-ups without leaving it. The page is whole without it.
"use strict";
const EVERY_MS = 2000;
const PATIENCE_MS = 10000;
const $ = (id) => document.getElementById(id);

async function load(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Makes `old` like `fresh` by changing only what differs, so that focus, scroll positions, opened
// rows and what is typed stay.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute("data-keep")) return;
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const name of old.getAttributeNames()) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const named = new Map();
  for (const child of old.children) if (child.id) named.set(child.id, child);
  let at = old.firstChild;
  for (const wanted of fresh.childNodes) {
    const alike = at && !at.id && at.nodeName === wanted.nodeName;
    const have = wanted.id ? named.get(wanted.id) : alike ? at : null;
    if (!have) {
      old.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (have === at) at = at.nextSibling;
    else old.insertBefore(have, at);
    morph(have, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

let asOf = Date.now();
let gone = false;
let alerts = "";

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function seen(reachable) {
  if (reachable) asOf = Date.now();
  gone = !reachable;
  $("gone").hidden = !gone;
  document.body.classList.toggle("gone", gone);
  say($("gone-say"), gone ? "The daemon does not answer; what is shown is old." : "");
  say($("gone-age"), gone ? `Last answer ${Math.round((Date.now() - asOf) / 1000)} s ago.` : "");
}

async function refresh() {
  if (document.hidden) return;
  try {
    const page = await load("/");
    const focused = document.activeElement;
    morph($("main"), page.getElementById("main"));
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    seen(true);
  } catch {
    seen(false);
    return;
  }
  if ($("main").dataset.alerts === alerts) return;
  alerts = $("main").dataset.alerts;
  say($("say"), alerts ? `Active alerts: ${alerts}` : "No alert is active any more");
}

async function keepFresh() {
  await refresh();
  setTimeout(keepFresh, EVERY_MS);
}

let typed = 0;
async function lookUp() {
  const mine = ++typed;
  await new Promise((done) => setTimeout(done, 200));
  if (mine !== typed) return;
  try {
    const page = await load("/catalog?q=" + encodeURIComponent($("q").value.trim()));
    if (mine === typed) $("found").replaceChildren(...page.getElementById("found").childNodes);
  } catch {
    if (mine === typed) $("found").textContent = "The daemon does not answer.";
  }
}

$("q").addEventListener("input", lookUp);
$("q").form.addEventListener("submit", (event) => {
  event.preventDefault();
  lookUp();
});
if ($("as-of")) {
  alerts = $("main").dataset.alerts;
  document.addEventListener("visibilitychange", refresh);
  setTimeout(keepFresh, EVERY_MS);
}
