// The conversation: sends what the shopper says, follows each turn's events to its end, and keeps the place.

import { Problem, request, session, uniqueKey, Unreachable, write } from "./api.js";
import { refreshCart, showCart } from "./basket.js";
import { byId, el, pause } from "./dom.js";
import { memory, tabMemory } from "./memory.js";
import { notify } from "./notices.js";
import { followLatest, startReading } from "./reading.js";
import { on, tell } from "./signals.js";
import { events } from "./sse.js";
import { t } from "./strings.js";
import { Turn } from "./turn.js";

const THREAD = "domtok.thread";
const LAST_THREAD = "domtok.lastThread";
const STREAM = "text/event-stream";
const BUSY_TRIES = 5;
const GONE_TRIES = 4;
const RESUME_TRIES = 8;
const LONGEST_WAIT = 8000;

let thread = null;
let turns = [];
let running = null;
let next = null;
let reading = new AbortController();

export const currentThread = () => thread;

const reactions = { decide, retry, changed: () => tell("changed"), viewed: (view) => view.subtotal && view.items && showCart(view) };

export function startChat() {
  startReading(byId("scroller"), byId("turns"));
  on("say", (words) => whenFree(() => sendWords(words)));
  on("language", () => turns.forEach((turn) => turn.redraw()));
  on("changed", () => refreshCart().catch(() => {}));
  drawGreeting();
  on("language", drawGreeting);
}

/** A link from elsewhere leads to one conversation; who has to sign in first gets there afterwards. */
let wanted = new URLSearchParams(location.search).get("thread");

export function reopenLast() {
  if (wanted) history.replaceState(null, "", location.pathname);
  if (wanted && session()) return openThread(wanted);
  const known = tabMemory.read(THREAD) ?? memory.read(LAST_THREAD);
  return known && session() ? openThread(known) : undefined;
}

function remember(id) {
  thread = id;
  for (const [store, name] of [[tabMemory, THREAD], [memory, LAST_THREAD]]) id ? store.write(name, id) : store.forget(name);
  tell("thread", id);
}

function drawGreeting() {
  const suggestions = ["say1", "say2", "say3", "say4"].map((key) => el("li", {},
    el("button.chip", { type: "button", onclick: () => sendWords(t(key)) }, t(key))));
  byId("suggestions").replaceChildren(...suggestions);
}

function show(shown) {
  turns = shown;
  byId("turns").replaceChildren(...turns.map((turn) => turn.node));
  byId("greeting").hidden = turns.length > 0;
  byId("loading").hidden = true;
}

export function newConversation() {
  leave();
  remember(null);
  show([]);
}

function leave() {
  if (running && !running.id) tell("unsent", running.said);
  reading.abort();
  next = null;
  setRunning(null);
}

export const reopenWanted = () => (wanted && session() ? openThread(wanted) : undefined);

export async function openThread(id) {
  leave();
  byId("greeting").hidden = true;
  byId("turns").replaceChildren();
  byId("loading").hidden = false;
  const { signal } = (reading = new AbortController());
  try {
    const held = await (await request("GET", pathOf(id), { signal })).json();
    wanted = null;
    remember(id);
    show(turnsOf(held.messages));
    followLatest();
    resumeRunning(held);
  } catch (problem) {
    if (!signal.aborted) closed(problem);
  }
}

function closed(problem) {
  newConversation();
  if (problem.status !== 404 || wanted) notify(problem);
}

const pathOf = (id) => `/v1/chat/threads/${encodeURIComponent(id)}`;

function turnsOf(messages) {
  const byTurn = new Map();
  for (const message of messages) {
    if (!byTurn.has(message.turn)) byTurn.set(message.turn, []);
    byTurn.get(message.turn).push(message);
  }
  return [...byTurn.values()].map(turnOf);
}

function turnOf(messages) {
  const said = messages.find((message) => message.role === "shopper");
  return Turn.fromHistory(said?.text ?? "", messages.filter((message) => message.role === "assistant"), reactions);
}

/** A turn that is being answered is heard again from its beginning. */
function resumeRunning({ running_turn: id, messages }) {
  if (!id) return;
  const ofTurn = messages.filter((message) => message.turn === id);
  const turn = new Turn(ofTurn[0]?.text ?? "", reactions);
  turn.id = id;
  for (const { confirmation } of ofTurn) if (confirmation && confirmation.status !== "pending") turn.decided.set(confirmation.confirmation, confirmation.status);
  if (ofTurn.length) turns.pop().node.remove();
  turns.push(turn);
  byId("turns").append(turn.node);
  run(turn, () => resume(turn));
}

function sendWords(words) {
  const text = words.trim();
  if (!text || running) return false;
  const turn = new Turn(text, reactions);
  turn.key = uniqueKey();
  turns.push(turn);
  byId("turns").append(turn.node);
  byId("greeting").hidden = true;
  followLatest();
  run(turn, () => open(turn));
  return true;
}

export const send = sendWords;

/** Stops the answer that comes; its last event tells how it ended. */
export function stop() {
  if (!running) return;
  running.unwanted = true;
  cancel(running);
}

/** As soon as the turn has a name. What ended in the meantime has nothing to stop. */
function cancel(turn) {
  if (!turn.id || turn.settled) return;
  turn.unwanted = false;
  const path = `${pathOf(thread)}/turns/${encodeURIComponent(turn.id)}/cancel`;
  write("POST", path).catch((problem) => problem.code === "turn_over" || notify(problem));
}

/** What a button asks while an answer still comes is done right after it. */
function whenFree(action) {
  if (running) next = action;
  else action();
}

/** The same key: a message that did arrive is not said twice. */
function retry(turn) {
  if (running) return;
  turn.retrying();
  run(turn, () => open(turn));
}

async function run(turn, source) {
  const { signal } = (reading = new AbortController());
  setRunning(turn);
  try {
    await follow(turn, source, signal);
  } catch (problem) {
    if (!signal.aborted) turn.fail(known(turn, problem));
  }
  if (running !== turn) return;
  setRunning(null);
  const action = next;
  next = null;
  action?.();
}

const known = (turn, problem) => (turn.id && problem instanceof Problem && problem.status === 404 ? { detail: t("noAnswer") } : problem);

function setRunning(turn) {
  running = turn;
  tell("running", Boolean(turn));
}

/** Reads a turn to its end; where the stream breaks, asks for the rest. */
async function follow(turn, source, signal) {
  for (let tries = 0; ; tries++) {
    const before = turn.lastId;
    await take(turn, source, signal);
    if (turn.settled || signal.aborted) return;
    if (turn.lastId !== before) tries = 0;
    if (!turn.id || tries >= RESUME_TRIES) throw new Unreachable();
    await waitToResume(turn, tries);
    source = () => resume(turn);
  }
}

async function take(turn, source, signal) {
  try {
    const response = await source();
    if (!signal.aborted) await readInto(turn, response, signal);
  } catch (error) {
    const broken = error instanceof Unreachable || error instanceof TypeError;
    if (!(broken && turn.id)) throw error instanceof TypeError ? new Unreachable() : error;
  }
}

async function readInto(turn, response, signal) {
  for await (const event of events(response.body)) {
    if (signal.aborted) return;
    turn.apply({ ...event, data: parsed(event.data) });
    if (turn.unwanted) cancel(turn);
    if (turn.settled) return;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

async function waitToResume(turn, tries) {
  turn.reconnecting = tries > 0;
  turn.schedule();
  const online = new Promise((back) => window.addEventListener("online", back, { once: true }));
  await Promise.race([pause(Math.min(LONGEST_WAIT, 400 * 2 ** tries)), online]);
}

function resume(turn) {
  const headers = turn.lastId ? { "Last-Event-ID": turn.lastId } : {};
  return request("GET", `${pathOf(thread)}/turns/${encodeURIComponent(turn.id)}/events`, { accept: STREAM, headers });
}

async function open(turn) {
  if (!thread) remember((await write("POST", "/v1/chat/threads", {})).thread);
  for (let tries = 1; ; tries++) {
    try {
      return await request("POST", `${pathOf(thread)}/turns`, { body: { text: turn.said }, key: turn.key, accept: STREAM });
    } catch (problem) {
      await prepareAgain(problem, tries);
    }
  }
}

/** After signing in, a conversation takes a moment to come along; one that never does is begun anew. */
async function prepareAgain(problem, tries) {
  const gone = problem.status === 404;
  if (gone && tries === GONE_TRIES) return remember((await write("POST", "/v1/chat/threads", {})).thread);
  if (tries === BUSY_TRIES || !(gone || problem.code === "turn_running")) throw problem;
  return pause((problem.retryAfter ?? 1) * 1000);
}

function decide(turn, confirmation, decision) {
  if (running) return whenFree(() => decide(turn, confirmation, decision));
  followLatest();
  return run(turn, () => answer(turn, confirmation, decision));
}

async function answer(turn, confirmation, decision) {
  const path = `${pathOf(thread)}/confirmations/${encodeURIComponent(confirmation.confirmation)}`;
  confirmation.key ??= uniqueKey();
  try {
    const response = await request("POST", path, { body: { decision }, key: `${confirmation.key}-${decision}`, accept: STREAM });
    turn.continueAfter(decision);
    return response;
  } catch (problem) {
    return reopenQuestion(turn, confirmation, problem);
  }
}

function reopenQuestion(turn, confirmation, problem) {
  if (problem instanceof Problem && problem.status < 500) turn.refuse(confirmation, problem);
  else {
    turn.askAgain(confirmation);
    notify(problem);
  }
  return new Response("");
}
