// The lists of rooms and of people on a narrow screen, where they slide in over the conversation. Knows nothing of the chat.

const $ = (id) => document.getElementById(id);

const panels = { "show-rooms": "rooms-panel", "show-people": "people-panel" };

export function closePanels() {
  for (const [button, panel] of Object.entries(panels)) {
    $(panel).classList.remove("open");
    $(button).setAttribute("aria-expanded", "false");
  }
  $("curtain").hidden = true;
}

for (const [button, panel] of Object.entries(panels)) {
  $(button).addEventListener("click", () => {
    const open = !$(panel).classList.contains("open");
    closePanels();
    $(panel).classList.toggle("open", open);
    $(button).setAttribute("aria-expanded", String(open));
    $("curtain").hidden = !open;
  });
}
$("curtain").addEventListener("click", closePanels);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePanels();
});
