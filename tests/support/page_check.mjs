// Looks at the status page in a real browser: node page_check.mjs PART JSON
// JSON: {url, log, shots}: where the page is, the log it counts, a folder for screenshots.
// Ends with 1 and says why if something is not as it should be. Used by tests/e2e/page_test.py.
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.APIERRD_NODE + "/");
const { chromium } = require("playwright-core");
const given = JSON.parse(process.argv[3]);
const origin = new URL(given.url).origin;
const faults = [];

function check(condition, text) {
  if (!condition) throw new Error(text);
}

// A page in a context of its own; whatever it should not do becomes a fault.
async function open(browser, options = {}, path = "/") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push("asks elsewhere: " + request.url());
  });
  page.on("response", (answer) => {
    if (answer.status() >= 400) faults.push(`${answer.url()} answers ${answer.status()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !page.expectsErrors) faults.push("console: " + message.text());
  });
  page.on("pageerror", (error) => faults.push("script: " + error));
  page.on("dialog", (dialog) => {
    faults.push("a dialog: " + dialog.message());
    dialog.dismiss();
  });
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
  }
  await page.goto(given.url + path.slice(1));
  return page;
}

async function close(page) {
  const violations = await page.evaluate(() => window.violations ?? []);
  check(violations.length === 0, "content security policy: " + violations);
  await page.context().close();
}

const text = (page) => page.evaluate(() => document.body.innerText);

async function updates(browser) {
  const page = await open(browser, { viewport: { width: 1280, height: 600 } });
  for (const id of ["codes", "actions", "ingestion", "alerts", "catalog", "config"]) {
    check(await page.locator(`section#${id} h2`).isVisible(), `no section ${id}`);
  }
  check((await page.evaluate(() => document.title)) === "apierrd", "another title");
  const details = page.locator("#codes details").last();
  const id = await details.getAttribute("id");
  await details.locator("summary").click();
  await page.locator("#q").fill("Balance");
  await page.locator("#found dt code", { hasText: "FailedOperation.BalanceInsufficient" }).first().waitFor();
  await page.evaluate(() => {
    window.mark = "the same document";
    window.scrollTo({ top: 333, behavior: "instant" });
  });
  const scrolled = await page.evaluate(() => window.scrollY);
  check(scrolled > 0, "the page does not scroll");
  const before = await page.locator("main .tile dd").first().textContent();
  appendFileSync(given.log, given.line);
  await page.locator("#codes th code", { hasText: "FailedOperation.BornAfterwards" }).waitFor();
  check((await page.locator("main .tile dd").first().textContent()) !== before, "calls stand still");
  check((await page.evaluate(() => window.mark)) === "the same document", "the page was loaded anew");
  check(await page.locator(`[id="${id}"]`).evaluate((element) => element.open), "the opened row was closed");
  check((await page.locator("#q").inputValue()) === "Balance", "what was typed is gone");
  check((await page.evaluate(() => document.activeElement.id)) === "q", "the focus is gone");
  check((await page.locator("#found dt").count()) > 0, "what was found is gone");
  const drift = Math.abs((await page.evaluate(() => window.scrollY)) - scrolled);
  check(drift < 600, `the page jumped by ${drift} pixels`);
  await page.screenshot({ path: given.shots + "/light.png", fullPage: true });
  await close(page);
}

async function gone(browser) {
  const page = await open(browser);
  check(!(await page.locator("#gone").isVisible()), "it says the daemon is gone");
  page.expectsErrors = true;
  await page.context().setOffline(true);
  await page.locator("#gone", { hasText: /does not answer.*Last answer \d+ s ago/ }).waitFor();
  check((await page.locator("#codes tbody").count()) > 0, "what was there is gone");
  await page.context().setOffline(false);
  await page.locator("#gone").waitFor({ state: "hidden" });
  await close(page);
}

// The log held hostile lines before; another comes while the page is looked at.
async function hostile(browser) {
  const page = await open(browser);
  const counted = () => page.evaluate(() => [...document.querySelectorAll("*")].length);
  check((await counted()) > 100, "the page is empty");
  appendFileSync(given.log, given.line);
  await page.locator("#codes th code", { hasText: "Appended" }).waitFor();
  for (const summary of await page.locator("#codes summary").all()) await summary.click();
  const seen = await text(page);
  for (const part of ["<script>", "<img src=x", "<U+202E>", "onerror="]) {
    check(seen.includes(part), `${part} is not shown as text`);
  }
  check(!/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/.test(seen), "bidirectional controls are left");
  check(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(seen), "control characters are left");
  const odd = await page.evaluate(() => ({
    evil: typeof window.evil,
    scripts: document.scripts.length,
    injected: document.querySelectorAll("img, iframe, object, embed, base, style, form:not([role]), [onerror], [onclick], [onmouseover], [style], #evil").length,
  }));
  check(odd.evil === "undefined", "a script ran");
  check(odd.scripts === 1 && odd.injected === 0, "elements were injected: " + JSON.stringify(odd));
  const disorder = await page.evaluate(() => [...document.querySelectorAll("#codes tbody tr:first-child")]
    .filter((row) => {
      const places = [...row.cells].map((cell) => cell.getBoundingClientRect().left);
      return row.cells.length !== 8 || places.some((place, i) => i > 0 && place <= places[i - 1]);
    }).map((row) => row.textContent));
  check(disorder.length === 0, "rows out of order: " + disorder);
  await page.screenshot({ path: given.shots + "/hostile.png", fullPage: true });
  await close(page);
}

async function phone(browser) {
  for (const path of ["/", "/catalog?q=Balance"]) {
    const page = await open(browser, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, path);
    for (const summary of await page.locator("summary").all()) await summary.click();
    const wide = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const outside = [...document.querySelectorAll("main > *, .cards *, header *, p, li")].filter(
        (element) => !element.closest(".scroll:not(.cards)") && !element.closest(".latest, svg, .unseen, .skip") &&
          element.tagName !== "THEAD" && !element.closest("thead") &&
          element.getBoundingClientRect().right > width + 1);
      return { width, page: document.documentElement.scrollWidth,
               outside: outside.slice(0, 5).map((element) => element.outerHTML.slice(0, 90)) };
    });
    check(wide.width === 360 && wide.page <= 360, "the page scrolls sideways: " + JSON.stringify(wide));
    check(wide.outside.length === 0, "outside of the screen: " + wide.outside);
    await page.screenshot({ path: given.shots + `/phone${path.length}.png` });
    await close(page);
  }
}

async function keyboard(browser) {
  const page = await open(browser);
  const reached = new Set();
  for (let i = 0; i < 200 && !(reached.has("summary") && reached.has("q")); ++i) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      return { name: element.id || element.className || element.localName, tag: element.localName,
               visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
    });
    if (i === 0) check(at.name === "skip", "the skip link is not first");
    check(at.visible, `the focus on ${at.name} cannot be seen`);
    if (at.tag === "summary" && !reached.has("summary")) {
      await page.keyboard.press("Enter");
      check(await page.evaluate(() => document.activeElement.parentElement.open), "Enter opens no row");
    }
    reached.add(at.tag === "summary" ? "summary" : at.name);
  }
  for (const name of ["skip", "summary", "q", "scroll cards"]) {
    check(reached.has(name), `Tab does not reach ${name}: ${[...reached]}`);
  }
  await page.keyboard.type("PaySucc");
  await page.keyboard.press("Enter");
  await page.locator("#found dt code", { hasText: "PaySuccDeliverFailed" }).waitFor();
  await close(page);
}

// WCAG 2 contrast of every text against what lies behind it.
function contrasts() {
  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const out = new Map();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) out.set(`${element.localName}.${element.className}`, ratio);
  }
  return [...out];
}

async function schemes(browser) {
  const papers = [];
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, { colorScheme });
    const poor = await page.evaluate(contrasts);
    check(poor.length === 0, `${colorScheme}: hard to read: ${poor}`);
    papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await page.screenshot({ path: `${given.shots}/${colorScheme}.png`, fullPage: true });
    await close(page);
  }
  check(papers[0] !== papers[1], "dark is as light as light");
}

async function without_script(browser) {
  const page = await open(browser, { javaScriptEnabled: false });
  const seen = await text(page);
  for (const part of ["FailedOperation.PaySuccDeliverFailed", "Do:", "ApiPaidNotDelivered", "app.log"]) {
    check(seen.includes(part), `${part} is not on the page`);
  }
  await page.locator("#q").fill("billing/PaySucc");
  await page.locator("form button").click();
  await page.locator("#found dt code", { hasText: "FailedOperation.PaySuccDeliverFailed" }).waitFor();
  check(page.url() === given.url + "catalog?q=billing%2FPaySucc", "another address: " + page.url());
  await page.context().close();
}

const parts = { updates, gone, hostile, phone, keyboard, schemes, without_script };
const browser = await chromium.launch({
  executablePath: process.env.APIERRD_CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
try {
  await parts[process.argv[2]](browser);
  check(faults.length === 0, faults.join("\n"));
} catch (error) {
  console.error(`${process.argv[2]}: ${error.message}\n${faults.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
