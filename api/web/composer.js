// The box in which the shopper writes: Enter sends, Shift+Enter breaks the line, an open IME keeps its Enter.

import { send, stop } from "./chat.js";
import { byId } from "./dom.js";
import { on } from "./signals.js";

const IME_KEY = 229;

export function startComposer() {
  const box = byId("words");
  byId("composer").addEventListener("submit", submit);
  box.addEventListener("keydown", onKey);
  box.addEventListener("input", grow);
  on("unsent", (text) => (box.value ||= text));
  byId("stop").addEventListener("click", () => {
    byId("stop").setAttribute("aria-disabled", "true");
    stop();
  });
  on("running", showButtons);
}

/** While an answer comes, the button stops it. */
function showButtons(busy) {
  const focused = [byId("send"), byId("stop")].includes(document.activeElement);
  byId("send").hidden = busy;
  byId("stop").hidden = !busy;
  byId("stop").setAttribute("aria-disabled", "false");
  if (focused) byId(busy ? "stop" : "send").focus();
}

function onKey(event) {
  const composing = event.isComposing || event.keyCode === IME_KEY;
  if (event.key === "Enter" && !event.shiftKey && !composing) submit(event);
}

function submit(event) {
  event.preventDefault();
  const box = byId("words");
  if (send(box.value)) box.value = "";
  grow();
}

function grow() {
  const box = byId("words");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
