// The chat in headless Chromium: two people on two pages, one of them on a phone. A picture of each state is left in
// tests/out/, to be looked at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { chromium } from "playwright-core";
import { start } from "./support.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = `${root}tests/out/`;
mkdirSync(out, { recursive: true });

let server;
let browser;

before(async () => {
  server = await start(process.env.CHAT_BIN ?? `${root}target/debug/chat`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// Pages that a failed test left open: their names would be taken.
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

const desktop = { viewport: { width: 1200, height: 760 }, colorScheme: "light" };
const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: "dark" };

/** Opens the page; `page.broken` gathers errors of the page, `page.asked` what it asked the server for. */
async function open(look, query = "") {
  const context = await browser.newContext(look);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.broken = [];
  page.asked = [];
  page.on("pageerror", (error) => page.broken.push(error.message));
  page.on("request", (request) => page.asked.push(request.url()));
  page.on("websocket", (socket) => page.asked.push(socket.url()));
  await page.goto(`${server.url}/${query}`);
  return page;
}

/** Looks whether all was well with the pages, and closes them. */
async function close(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.broken, []);
    // Nothing comes from elsewhere; what the page made itself is no request.
    const asked = page.asked.filter((url) => !url.startsWith("blob:"));
    for (const url of asked) assert.equal(new URL(url).port, String(server.port), `${url} is not of this server`);
    await page.context().close();
  }
}

async function signIn(page, name) {
  await page.fill("#name", name);
  await page.press("#name", "Enter");
  await page.waitForSelector('body[data-view="chat"]');
  await page.waitForSelector('#status[data-state="connected"]');
  await page.waitForFunction(() => document.querySelector("#room-title").textContent !== "");
}

async function say(page, text) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

const picture = (page, name) => page.screenshot({ path: `${out}${name}.png` });
const shows = (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor();

/** A PNG that the browser itself has painted. */
async function png(page) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 400 });
    const paint = canvas.getContext("2d");
    const colours = paint.createLinearGradient(0, 0, 640, 400);
    colours.addColorStop(0, "#c8402f");
    colours.addColorStop(1, "#f3b64c");
    paint.fillStyle = colours;
    paint.fillRect(0, 0, 640, 400);
    return canvas.toDataURL("image/png");
  });
  return { name: "salmon.png", mimeType: "image/png", buffer: Buffer.from(url.split(",")[1], "base64") };
}

test("two people meet, starting on polling and upgraded to WebSocket", async () => {
  const [ada, bob] = await Promise.all([open(desktop), open(phone)]);
  await picture(ada, "sign-in");
  await picture(bob, "sign-in-phone");
  await signIn(ada, "Ada");
  await picture(ada, "empty-room");
  await signIn(bob, "Bob Längström");
  for (const page of [ada, bob]) {
    await page.waitForSelector('#status[data-transport="websocket"]');
    const engine = page.asked.filter((url) => url.includes("/socket.io/?"));
    assert.match(engine[0], /^http.*transport=polling/);
    assert.ok(engine.some((url) => /^ws.*transport=websocket/.test(url)), "no WebSocket was opened");
  }
  await shows(ada, "#people li", "Bob Längström");
  await shows(ada, ".note", "Bob Längström came in");
  await close(ada, bob);
});

test("a message, its ack, typing and a binary image arrive on the other page", async () => {
  const [ada, bob] = await Promise.all([open(desktop), open(phone)]);
  await signIn(ada, "Ada");
  await signIn(bob, "Bob");

  await say(ada, "The events are an enum now.\n<b>And this is text</b> ☃");
  await shows(bob, ".message .body", "<b>And this is text</b> ☃");
  // The ack has come: the message has its id and no longer waits.
  await ada.waitForSelector(".message[data-id]:not(.waiting)");
  const ids = await Promise.all([ada, bob].map((page) => page.locator(".message", { hasText: "an enum now" }).getAttribute("data-id")));
  assert.equal(ids[0], ids[1]);

  await ada.setInputFiles("#file", await png(ada));
  const image = bob.locator(".picture img");
  await image.waitFor();
  const size = await image.evaluate(async (img) => {
    await img.decode();
    return [img.naturalWidth, img.naturalHeight];
  });
  assert.deepEqual(size, [640, 400]);
  // The frame around it is no wider than the image, also where that was made smaller.
  await ada.locator(".picture img").evaluate((img) => img.decode());
  const slack = await ada.locator(".picture").evaluate((frame) => frame.clientWidth - frame.querySelector("img").clientWidth);
  assert.ok(slack <= 1, `${slack} px of the frame are empty`);

  await bob.locator("#text").pressSequentially("And the handlers");
  await shows(ada, "#typing", "Bob is typing…");
  await picture(ada, "typing");
  await picture(bob, "chat-phone");
  await say(bob, "And the handlers are a trait the compiler checks.");
  await shows(ada, ".message .body", "a trait the compiler checks");
  assert.equal(await ada.textContent("#typing"), "");
  await picture(ada, "chat");
  await close(ada, bob);
});

test("a refused post is shown from its typed error, and is not lost", async () => {
  const [ada, bob] = await Promise.all([open(desktop), open(phone)]);
  await signIn(ada, "Ada");
  await signIn(bob, "Bob");

  await say(bob, "buy my spam");
  await shows(bob, "#problem", "“spam” is not welcome here.");
  assert.equal(await bob.inputValue("#text"), "buy my spam");
  await picture(bob, "refused-word-phone");

  await say(ada, "y".repeat(2001));
  await shows(ada, "#problem", "That is 2001 characters; a message may have 2000.");
  await picture(ada, "refused-length");

  await ada.setInputFiles("#file", { name: "no.png", mimeType: "image/png", buffer: Buffer.from("plain text") });
  await shows(ada, "#problem", "That is no PNG, JPEG, GIF or WebP image.");

  // In one go: a flood must not depend on how quickly this machine types.
  await ada.evaluate(() => {
    for (let i = 0; i < 80; i++) {
      document.querySelector("#text").value = `flood ${i}`;
      document.querySelector("#composer").requestSubmit();
    }
  });
  await shows(ada, "#problem", "Slow down a little");
  await picture(ada, "refused-flood");
  assert.equal(await bob.locator(".message", { hasText: "spam" }).count(), 0);
  await close(ada, bob);
});

test("a taken name is refused with data, and another one is let in", async () => {
  const [ada, bob] = await Promise.all([open(desktop), open(phone)]);
  await signIn(ada, "Ada");
  await bob.fill("#name", "ada");
  await bob.press("#name", "Enter");
  await shows(bob, "#refused", "Somebody is called ada already. How about ada2?");
  await picture(bob, "refused-name-phone");
  await signIn(bob, "ada2");
  await close(ada, bob);
});

test("rooms: who is there, unread, history in pages, an image from the history", async () => {
  const [ada, bob] = await Promise.all([open(desktop, "?room=random"), open(phone, "?room=random")]);
  await signIn(ada, "Ada");
  await signIn(bob, "Bob");
  await ada.setInputFiles("#file", await png(ada));
  for (let i = 0; i < 40; i++) await say(ada, `message ${i}`);
  await shows(bob, ".message .body", "message 39");

  await bob.click("#show-rooms");
  await bob.locator("#rooms button", { hasText: "rust" }).waitFor();
  await bob.locator("#rooms-panel.open").evaluate((panel) => Promise.all(panel.getAnimations().map(({ finished }) => finished)));
  await picture(bob, "rooms-phone");
  await bob.locator("#rooms button", { hasText: "rust" }).click();
  await bob.waitForFunction(() => document.querySelector("#room-title").textContent === "rust");
  await shows(ada, ".note", "Bob left");
  await say(bob, "is anybody here?");
  await ada.waitForSelector("#rooms .unread");
  assert.equal(await ada.getAttribute("#show-rooms", "aria-label"), "Rooms, with new messages");
  await picture(ada, "unread");

  await bob.click("#show-rooms");
  await bob.locator("#rooms button", { hasText: "random" }).click();
  await bob.waitForSelector("#earlier:not([hidden])");
  assert.equal(await bob.locator(".message").count(), 30);
  await bob.click("#earlier");
  await bob.locator(".picture img").waitFor();
  await bob.waitForSelector("#earlier", { state: "hidden" });
  const texts = await bob.locator(".message .body").allTextContents();
  assert.deepEqual(texts, ["", ...Array.from({ length: 40 }, (_, i) => `message ${i}`)]);
  await picture(bob, "history-phone");

  await bob.click("#show-people");
  await shows(bob, "#people li", "Ada");
  await bob.locator("#people-panel.open").evaluate((panel) => Promise.all(panel.getAnimations().map(({ finished }) => finished)));
  await picture(bob, "people-phone");
  await bob.keyboard.press("Escape");
  await close(ada, bob);
});

test("the page is usable by keyboard alone, and everything on it has a name", async () => {
  const page = await open(desktop);
  await page.keyboard.type("Keyboard");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "text");
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await shows(page, ".message .body", "first line\nsecond line");
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, textarea")]
      .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.ariaHidden))
      .map((one) => one.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await close(page);
});

test("no state is wider than a phone", async () => {
  const page = await open({ ...phone, viewport: { width: 320, height: 640 } });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(await overflow(), 0);
  await signIn(page, "A name of twenty cha");
  await say(page, `${"long".repeat(100)} https://example.org/${"path/".repeat(50)}`);
  await page.waitForSelector(".message:not(.waiting)");
  assert.equal(await overflow(), 0);
  await picture(page, "narrow");
  await close(page);
});

test("a page whose server goes away says so, and comes back by itself", async () => {
  const ada = await open(desktop);
  await signIn(ada, "Ada");
  await ada.waitForSelector('#status[data-transport="websocket"]');
  await server.stop();
  await ada.waitForSelector('#status[data-state="reconnecting"]');
  await picture(ada, "reconnecting");
  server = await start(process.env.CHAT_BIN ?? `${root}target/debug/chat`, [], {}, server.port);
  await ada.waitForSelector('#status[data-state="connected"]', { timeout: 20_000 });
  await say(ada, "back again");
  await ada.waitForSelector(".message[data-id]:not(.waiting)");
  await close(ada);
});
