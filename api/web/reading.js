// Keeps the latest turn in view while the reader is at the end, and never moves the page otherwise.

import { byId } from "./dom.js";

const NEAR = 48;
const ABOVE = 16;
const FAR = 160;
const GESTURE_LASTS = 700;
const GESTURES = ["wheel", "touchmove", "keydown", "pointerdown", "pointermove"];

let scroller;
let content;
let following = true;
let last = 0;
let touchedAt = 0;

export function startReading(scrollingNode, contentNode) {
  scroller = scrollingNode;
  content = contentNode;
  scroller.addEventListener("scroll", noticeScroll, { passive: true });
  for (const gesture of GESTURES) scroller.addEventListener(gesture, noticeGesture, { passive: true });
  const grown = new ResizeObserver(stay);
  grown.observe(content);
  grown.observe(scroller);
  byId("to-latest").addEventListener("click", () => scroller.scrollTo({ top: scroller.scrollHeight }));
}

export function followLatest() {
  following = true;
  stay();
}

export function stay() {
  if (following) scroller.scrollTop = place();
  showJump();
}

function noticeGesture(event) {
  if (event.type !== "pointermove" || event.buttons) touchedAt = event.timeStamp;
}

function noticeScroll() {
  const now = scroller.scrollTop;
  if (now >= place() - NEAR) following = true;
  else if (now < last && performance.now() - touchedAt < GESTURE_LASTS) following = false;
  last = now;
  showJump();
}

const end = () => scroller.scrollHeight - scroller.clientHeight;

/** The end, but not so far that the latest turn's beginning, or an open question, leaves the view. */
function place() {
  const turn = content.lastElementChild;
  if (!turn) return 0;
  const question = turn.querySelector(".ask");
  const top = offset(turn) - ABOVE;
  const whole = question ? Math.min(offset(question) - ABOVE, offset(question) + question.offsetHeight + ABOVE - scroller.clientHeight) : top;
  return Math.min(end(), Math.max(top, whole));
}

const offset = (node) => node.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;

function showJump() {
  byId("to-latest").hidden = end() - scroller.scrollTop < FAR;
}
