// The page of the chat: plain JavaScript over the official client. Its events are those of examples/src/chat/events.rs.

/* global io */

import { closePanels } from "./panels.js";

const $ = (id) => document.getElementById(id);

/** How long an acknowledgement may take before a message counts as not delivered. */
const ACK_MS = 8000;
/** How often "is typing" is said, and for how long it is believed. */
const TYPING_SAID_MS = 2000;
const TYPING_BELIEVED_MS = 3500;

// --- State -------------------------------------------------------------------------------------------------------------

let me;
let room = new URLSearchParams(location.search).get("room") || "lobby";
let members = new Set();
let limits = { text: 2000, image: 1_000_000 };
let roomList = [];
const unread = new Set();
/** The id of the oldest message shown. */
let oldest;
let lastTyped = 0;
const typists = new Map();

/** Says "this is the same person" when a broken connection comes back before the server has missed the old one. */
const key = sessionStorage.getItem("key") ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
sessionStorage.setItem("key", key);

const socket = io({ autoConnect: false, auth: (give) => give({ name: me, key }) });

// --- Connection --------------------------------------------------------------------------------------------------------

function showStatus(state, text) {
  $("status").dataset.state = state;
  $("status-text").textContent = text;
}

function showConnected() {
  const transport = socket.io.engine.transport.name;
  $("status").dataset.transport = transport;
  showStatus("connected", transport === "websocket" ? "WebSocket" : "Polling");
}

function signIn(name) {
  me = name;
  refuse();
  showStatus("connecting", "Connecting");
  $("sign-in-form").querySelector("button").disabled = true;
  socket.connect();
}

function signOut() {
  socket.disconnect();
  sessionStorage.removeItem("name");
  document.body.dataset.view = "sign-in";
  $("sign-in-form").querySelector("button").disabled = false;
  clearRoom();
  $("name").focus();
}

function refuse(text) {
  $("refused").hidden = !text;
  $("refused").textContent = text ?? "";
  $("name").setAttribute("aria-invalid", String(Boolean(text)));
}

socket.on("connect", () => {
  sessionStorage.setItem("name", me);
  $("my-name").textContent = me;
  document.body.dataset.view = "chat";
  showConnected();
  socket.io.engine.once("upgrade", showConnected);
  enter(room);
});

socket.on("disconnect", (reason) => {
  if (reason === "io client disconnect") return;
  if (reason === "io server disconnect") showStatus("offline", "Disconnected by the server");
  else showStatus("reconnecting", "Reconnecting");
});

socket.on("connect_error", (error) => {
  if (socket.active) {
    const again = document.body.dataset.view === "chat";
    showStatus(again ? "reconnecting" : "connecting", again ? "Reconnecting" : "Connecting");
    if (!again) refuse("The server does not answer; trying again.");
    return;
  }
  // The server said no: `data` is the typed refusal.
  showStatus("refused", "Refused");
  document.body.dataset.view = "sign-in";
  $("sign-in-form").querySelector("button").disabled = false;
  refuse(refusalText(error));
  $("name").focus();
  $("name").select();
});

function refusalText({ message, data }) {
  switch (data?.code) {
    case "name-taken":
      return `Somebody is called ${data.name} already. How about ${data.suggestion}?`;
    case "name-invalid":
      return `A name has 1 to ${data.max} characters, and no control characters.`;
    default:
      return `The server refused: ${message}`;
  }
}

// --- Rooms and people --------------------------------------------------------------------------------------------------

/** Goes into a room, also again after a reconnection, and shows what was said there. */
function enter(name) {
  socket.timeout(ACK_MS).emit("join", name, (late, answer) => {
    if (late) return problem("The room does not answer. Is the connection there?");
    if (!answer.ok) return problem(problemText(answer.error));
    const view = answer.value;
    room = view.room;
    unread.delete(room);
    clearRoom();
    $("room-title").textContent = room;
    document.title = `#${room} · Sockeye chat`;
    for (const message of view.history.messages) show(message);
    showEarlier(view.history);
    showMembers(view.members);
    showRooms();
    toBottom();
    if (matchMedia("(hover: hover)").matches) $("text").focus();
  });
}

function clearRoom() {
  for (const image of $("messages").querySelectorAll("img")) URL.revokeObjectURL(image.src);
  $("messages").replaceChildren();
  typists.clear();
  showTyping();
  oldest = undefined;
  members = new Set();
}

function showRooms() {
  $("rooms").replaceChildren(
    ...roomList.map(({ name, members }) => {
      const button = element("button", { type: "button" }, element("span", { className: "title", textContent: name }));
      button.append(element("span", { className: "present", textContent: members ? `${members} here` : "" }));
      if (name === room) button.setAttribute("aria-current", "page");
      if (unread.has(name)) button.append(element("span", { className: "unread dot", role: "img", ariaLabel: "new messages", title: "New messages" }));
      button.addEventListener("click", () => {
        closePanels();
        if (name !== room) enter(name);
      });
      return element("li", {}, button);
    }),
  );
  // On a narrow screen the list is out of sight.
  $("elsewhere").hidden = unread.size === 0;
  $("show-rooms").ariaLabel = unread.size ? "Rooms, with new messages" : "Rooms";
}

function showMembers(names) {
  const now = new Set(names);
  if (members.size) {
    for (const name of now) if (!members.has(name) && name !== me) note(`${name} came in`);
    for (const name of members) if (!now.has(name) && name !== me) note(`${name} left`);
  }
  members = now;
  for (const name of typists.keys()) if (!now.has(name)) typists.delete(name);
  showTyping();
  $("people-count").textContent = names.length;
  $("people").replaceChildren(
    ...names.map((name) =>
      element("li", {}, avatar(name), element("span", { className: "who", textContent: name === me ? `${name} (you)` : name })),
    ),
  );
}

socket.on("welcome", (welcome) => {
  limits = welcome.limits;
});

socket.on("rooms", (rooms) => {
  roomList = rooms;
  showRooms();
});

socket.on("members", (of, names) => {
  if (of === room) showMembers(names);
});

socket.on("activity", (of) => {
  if (of === room) return;
  unread.add(of);
  showRooms();
});

// --- Messages ----------------------------------------------------------------------------------------------------------

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function hue(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 360;
  return hash;
}

function avatar(name) {
  const made = element("span", { className: "avatar", ariaHidden: "true", textContent: [...name][0].toUpperCase() });
  made.style.setProperty("--hue", hue(name));
  return made;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Makes the list item of a message; `message.image` may still lack its bytes. */
function item(message) {
  const made = element("li", { className: "message" });
  made.dataset.from = message.from;
  made.dataset.at = message.at;
  if (message.id !== undefined) made.dataset.id = message.id;
  const when = new Date(message.at);
  const by = element("p", { className: "by" }, element("span", { className: "name", textContent: message.from }));
  by.append(element("time", { dateTime: when.toISOString(), textContent: clock.format(when) }));
  by.style.setProperty("--hue", hue(message.from));
  made.append(avatar(message.from), by);
  const body = element("div", { className: "body" });
  if (message.text) body.append(message.text);
  if (message.image) body.append(picture(message));
  made.append(body);
  return made;
}

/** Whether `second` stands under `first` without a head of its own. */
function follows(first, second) {
  return first?.dataset.from === second.dataset.from && second.dataset.at - first.dataset.at < 5 * 60_000;
}

function show(message, waiting = false) {
  if (message.id !== undefined && $("messages").querySelector(`[data-id="${message.id}"]`)) return undefined;
  const bottom = atBottom();
  const made = item(message);
  made.classList.toggle("follows", follows($("messages").lastElementChild, made));
  made.classList.toggle("waiting", waiting);
  $("messages").append(made);
  if (oldest === undefined && message.id !== undefined) oldest = message.id;
  $("beginning").hidden = true;
  if (bottom || message.from === me) toBottom();
  return made;
}

function note(text) {
  const bottom = atBottom();
  $("messages").append(element("li", { className: "note", textContent: text }));
  if (bottom) toBottom();
}

function picture(message) {
  const { name, kind, data } = message.image;
  const button = element("button", { type: "button", className: "picture", ariaLabel: `Image: ${name || "untitled"}` });
  const fill = (bytes) => {
    const image = element("img", { alt: name || "", src: URL.createObjectURL(new Blob([bytes], { type: kind })) });
    image.addEventListener("load", () => {
      if (atBottom(image.height + 40)) toBottom();
    });
    button.classList.remove("loading");
    button.replaceChildren(image);
    button.addEventListener("click", () => {
      $("viewed").src = image.src;
      $("viewed").alt = image.alt;
      $("viewer").showModal();
    });
  };
  if (data) fill(data);
  else {
    // History tells of images without their bytes; each is asked for by itself.
    button.classList.add("loading");
    socket.timeout(ACK_MS).emit("picture", room, message.id, (late, answer) => {
      if (!late && answer.ok) return fill(answer.value);
      button.replaceWith(element("span", { className: "quiet", textContent: "An image that is no longer there" }));
    });
  }
  return button;
}

const atBottom = (slack = 60) => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < slack;
const toBottom = () => ($("scroll").scrollTop = $("scroll").scrollHeight);

// Who was at the end stays there when the writer, a notice or a keyboard takes some of the height.
let followed = true;
$("scroll").addEventListener("scroll", () => (followed = atBottom()));
new ResizeObserver(() => followed && toBottom()).observe($("scroll"));

function showEarlier({ messages, more }) {
  $("earlier").hidden = !more;
  $("beginning").hidden = more || messages.length > 0 || $("messages").childElementCount > 0;
}

$("earlier").addEventListener("click", () => {
  $("earlier").disabled = true;
  socket.timeout(ACK_MS).emit("history", room, oldest ?? null, (late, answer) => {
    $("earlier").disabled = false;
    if (late) return problem("The history did not come. Try again?");
    if (!answer.ok) return problem(problemText(answer.error));
    const { messages } = answer.value;
    const before = $("scroll").scrollHeight - $("scroll").scrollTop;
    const made = messages.map(item);
    made.forEach((one, i) => one.classList.toggle("follows", follows(made[i - 1], one)));
    const below = $("messages").firstElementChild;
    $("messages").prepend(...made);
    if (below?.matches(".message")) below.classList.toggle("follows", follows(made.at(-1), below));
    if (messages.length) oldest = messages[0].id;
    showEarlier(answer.value);
    // What was looked at stays where it was.
    $("scroll").scrollTop = $("scroll").scrollHeight - before;
  });
});

socket.on("message", (of, message) => {
  if (of !== room) return;
  typists.delete(message.from);
  showTyping();
  show(message);
});

// --- Writing -----------------------------------------------------------------------------------------------------------

function problem(text) {
  $("problem").hidden = !text;
  $("problem-text").textContent = text ?? "";
}

/** Words for the server's typed errors; `code` tells which, the other fields are its data. */
function problemText(error) {
  switch (error?.code) {
    case "empty":
      return "There is nothing in that message.";
    case "too-long":
      return `That is ${error.length} characters; a message may have ${error.max}.`;
    case "flood":
      return `Slow down a little: wait ${Math.ceil(error.wait_ms / 1000)} s.`;
    case "forbidden-word":
      return `“${error.word}” is not welcome here.`;
    case "not-an-image":
      return "That is no PNG, JPEG, GIF or WebP image.";
    case "image-too-big":
      return `An image may have ${Math.floor(error.max / 1000)} kB.`;
    case "not-in-room":
      return "You are not in that room.";
    case "room-name":
      return `A room's name has 1 to ${error.max} letters, digits or dashes.`;
    case "too-many-rooms":
      return "There are too many rooms already.";
    default:
      return "The server refused that.";
  }
}

/** Shows a message at once, and sends it; `undo` gives the writer back what was refused. */
function post(event, args, message, undo) {
  problem();
  const made = show({ from: me, at: Date.now(), ...message }, true);
  socket.timeout(ACK_MS).emit(event, room, ...args, (late, answer) => {
    made.classList.remove("waiting");
    if (!late && answer.ok) {
      made.dataset.id = answer.value;
      oldest ??= answer.value;
      return;
    }
    if (late) {
      made.classList.add("failed");
      problem("That message was perhaps not delivered.");
      return;
    }
    made.remove();
    problem(problemText(answer.error));
    undo?.();
  });
}

function sendText() {
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  fit();
  lastTyped = 0;
  post("post", [text], { text }, () => {
    if (!$("text").value) $("text").value = text;
    fit();
    $("text").focus();
  });
}

async function sendImage(file) {
  if (!file) return;
  if (file.size > limits.image) return problem(problemText({ code: "image-too-big", max: limits.image }));
  const data = await file.arrayBuffer();
  post("image", [file.name, data], { image: { name: file.name, kind: file.type, data } });
}

function fit() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  sendText();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendText();
  }
});
$("text").addEventListener("input", () => {
  fit();
  const now = Date.now();
  if ($("text").value && now - lastTyped > TYPING_SAID_MS) {
    lastTyped = now;
    socket.volatile.emit("typing", room);
  }
});
$("text").addEventListener("paste", (event) => {
  const [image] = [...event.clipboardData.files].filter(({ type }) => type.startsWith("image/"));
  if (!image) return;
  event.preventDefault();
  sendImage(image);
});
$("attach").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => {
  sendImage($("file").files[0]);
  $("file").value = "";
});
for (const type of ["dragover", "dragleave", "drop"]) {
  $("conversation").addEventListener(type, (event) => {
    event.preventDefault();
    $("scroll").classList.toggle("drop", type === "dragover");
    if (type === "drop") sendImage(event.dataTransfer.files[0]);
  });
}
$("problem-close").addEventListener("click", () => problem());
$("viewer").addEventListener("click", ({ target }) => target === $("viewer") && $("viewer").close());

// --- Typing ------------------------------------------------------------------------------------------------------------

socket.on("userTyping", (of, name) => {
  if (of !== room || name === me) return;
  clearTimeout(typists.get(name));
  const forget = setTimeout(() => {
    typists.delete(name);
    showTyping();
  }, TYPING_BELIEVED_MS);
  typists.set(name, forget);
  showTyping();
});

function showTyping() {
  const names = [...typists.keys()];
  const [a, b] = names;
  $("typing").textContent = ["", `${a} is typing…`, `${a} and ${b} are typing…`][names.length] ?? `${names.length} people are typing…`;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") problem();
});

$("new-room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("new-room").value.trim().toLowerCase();
  if (!name) return;
  $("new-room").value = "";
  closePanels();
  enter(name);
});

// --- Start -------------------------------------------------------------------------------------------------------------

$("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn($("name").value.trim());
});
$("sign-out").addEventListener("click", signOut);
$("name").value = sessionStorage.getItem("name") ?? "";
if ($("name").value) signIn($("name").value);
else $("name").focus();
