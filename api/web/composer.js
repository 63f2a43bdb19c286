// The box in which the shopper writes: Enter sends, Shift+Enter breaks the line, an open IME keeps its Enter.

import { send } from "./chat.js";
import { byId } from "./dom.js";
import { on } from "./signals.js";

const IME_KEY = 229;

export function startComposer() {
  const box = byId("words");
  byId("composer").addEventListener("submit", submit);
  box.addEventListener("keydown", onKey);
  box.addEventListener("input", grow);
  on("unsent", (text) => (box.value ||= text));
  on("running", (busy) => byId("send").setAttribute("aria-disabled", String(busy)));
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
