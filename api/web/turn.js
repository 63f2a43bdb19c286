// One turn of the conversation: its events are gathered into parts, and each part is drawn as it grows.

import { confirmationCard } from "./confirmation.js";
import { el } from "./dom.js";
import { prose } from "./markup.js";
import { announce, problemBlock, wordsOf } from "./notices.js";
import { knows, t } from "./strings.js";
import { drawView, EMPTY_LIST, keyOf, needsReceipt, receiptCard } from "./views.js";

const newPart = () => ({ text: "", steps: new Map(), views: [], receipts: [], confirmation: null, unconfirmed: [] });

export class Turn {
  constructor(said, on) {
    this.said = said;
    this.decided = new Map();
    this.on = on;
    this.id = null;
    this.parts = [newPart()];
    this.status = "running";
    this.live = true;
    this.lastId = null;
    this.seen = new Set();
    this.spoken = 0;
    this.node = el("div.turn");
    this.body = el("article.answer");
    this.node.append(el("div.said", { role: "group" }, el("p.said-text", {}, said)), this.body);
    this.redraw();
  }

  /** A turn that stands still, from its messages; what was decided begins a new part. */
  static fromHistory(said, answers, on) {
    const turn = new Turn(said, on);
    turn.live = false;
    turn.parts = answers.length ? answers.map(partOf) : turn.parts;
    turn.status = answers.at(-1)?.status ?? "failed";
    turn.id = answers[0]?.turn ?? null;
    turn.redraw();
    return turn;
  }

  get part() {
    return this.parts.at(-1);
  }

  get words() {
    return this.parts.map((part) => part.text).join("\n");
  }

  get settled() {
    return this.status !== "running";
  }

  apply({ id, type, data }) {
    if (this.seen.has(id)) return;
    if (id) this.seen.add((this.lastId = id));
    this.reconnecting = false;
    takers[type]?.(this, data);
    this.schedule();
  }

  continueAfter(decision) {
    Object.assign(this.part.confirmation, { status: decision === "reject" || decision === "rejected" ? "rejected" : "approved", problem: null, answering: null });
    this.spoken = this.words.length;
    this.live = true;
    this.parts.push(newPart());
    this.status = "running";
    this.schedule();
  }

  /** The answer did not reach the shop: the question is open again. */
  askAgain(confirmation) {
    confirmation.answering = null;
    confirmation.tries = (confirmation.tries ?? 0) + 1;
    this.schedule();
  }

  refuse(confirmation, problem) {
    confirmation.problem = problem;
    this.schedule();
  }

  fail(problem) {
    this.status = "failed";
    this.problem = problem;
    this.reconnecting = false;
    this.schedule();
  }

  retrying() {
    this.status = "running";
    this.problem = null;
    this.schedule();
  }

  schedule() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.draw());
  }

  redraw() {
    this.node.setAttribute("aria-label", t("you"));
    this.node.firstChild.setAttribute("aria-label", t("you"));
    this.body.setAttribute("aria-label", t("shop"));
    this.body.replaceChildren();
    this.drawn = [];
    this.draw();
  }

  draw() {
    this.due = false;
    this.body.setAttribute("aria-busy", String(!this.settled));
    this.parts.forEach((part, at) => this.drawPart(part, at));
    this.footer ??= el("div.turn-foot");
    this.body.append(this.footer);
    this.drawFooter();
    this.speak();
  }

  drawPart(part, at) {
    if (!this.drawn[at]) {
      this.drawn[at] = makeSlots();
      this.body.append(this.drawn[at].node);
    }
    const slots = this.drawn[at];
    slots.steps.keep("steps", stepsKey(part, this.isThinking(at)), () => stepLines(part, this.isThinking(at)));
    slots.text.keep("text", JSON.stringify([part.text, part.unconfirmed]), () => prose(part.text, part.unconfirmed));
    slots.views.keepAll(this.visibleViews(part), drawView);
    slots.confirmation.keep("ask", askKey(part.confirmation), () => this.drawAsk(part.confirmation));
    slots.receipts.keepAll(keyed(part.receipts), receiptCard);
  }

  isThinking(at) {
    return !this.settled && at === this.parts.length - 1;
  }

  /** Later views replace earlier ones about the same thing; receipts and questions speak for themselves. */
  visibleViews(part) {
    if (part.confirmation) return [];
    const byKey = new Map();
    for (const entry of sinceLastChange(part)) {
      const key = entry.view && keyOf(entry);
      if (key) byKey.set(key, entry);
    }
    for (const receipt of this.parts.flatMap((one) => one.receipts).filter(needsReceipt)) byKey.delete(keyOf(receipt));
    if (byKey.size > 1) byKey.delete(EMPTY_LIST);
    return withoutRepeats(byKey);
  }

  drawAsk(confirmation) {
    return confirmation && confirmationCard(confirmation, (decision) => this.on.decide(this, confirmation, decision));
  }

  drawFooter() {
    const retry = this.problem && !this.id
      && el("button.plain-button", { type: "button", onclick: () => this.on.retry(this) }, t("tryAgain"));
    const foot = this.problem ? problemBlock(this.problem, retry) : this.reconnecting ? el("p.step-line", {}, spinner(), t("reconnecting")) : null;
    this.footer.replaceChildren(...[foot].filter(Boolean));
  }

  speak() {
    const text = this.words;
    const end = this.settled ? text.length : 1 + Math.max(...[". ", "! ", "? ", "。", "！", "？", "\n"].map((mark) => text.lastIndexOf(mark)));
    if (end <= this.spoken || !this.live) return;
    announce(text.slice(this.spoken, end));
    this.spoken = end;
  }
}

const takers = {
  "turn.started": (turn, data) => (turn.id = data.turn),
  "message.delta": (turn, data) => (turn.part.text += data.text),
  "message.marked": (turn, data) => (turn.part.unconfirmed = data.unconfirmed),
  "tool.started": (turn, data) => turn.part.steps.set(data.call, { operation: data.operation }),
  "tool.finished": finishTool,
  "confirmation.required": ask,
  receipt: (turn, data) => addOnce(turn.part.receipts, data) && turn.on.changed(),
  "turn.completed": complete,
  error: (turn, data) => turn.fail(data),
};

function finishTool(turn, { call, operation, view, refusal }) {
  turn.part.steps.set(call, { operation, done: true, refusal });
  if (view) addOnce(turn.part.views, { operation, view });
  if (view) turn.on.viewed(view);
  const asked = turn.parts.at(-2)?.confirmation;
  if (asked?.operation !== operation || asked.status !== "approved") return;
  if (refusal) asked.problem = refusal;
  else asked.status = "used";
}

function ask(turn, data) {
  turn.part.confirmation ??= { status: "pending", ...data };
  if (turn.live) announce(`${t("needsYes")} ${data.terms.summary}`);
}

function complete(turn, data) {
  turn.status = data.status;
  if (data.text) turn.part.text = data.text;
  turn.part.unconfirmed = data.unconfirmed ?? [];
  for (const receipt of data.receipts ?? []) if (isNew(turn, "receipts", receipt)) turn.part.receipts.push(receipt);
  for (const entry of data.views ?? []) if (isNew(turn, "views", entry)) turn.part.views.push(entry);
  if (data.confirmation?.status === "pending" || data.status === "waiting") adopt(turn, data.confirmation);
  turn.part.steps.forEach((step) => (step.done = true));
  turn.on.changed();
  if (data.status === "failed" && !data.text) turn.problem ??= { detail: t("failed") };
  const decision = turn.decided.get(turn.part.confirmation?.confirmation);
  if (turn.status === "waiting" && decision) turn.continueAfter(decision);
}

function adopt(turn, confirmation) {
  if (confirmation && !turn.parts.some((part) => part.confirmation?.confirmation === confirmation.confirmation)) {
    turn.part.confirmation = { status: "pending", ...confirmation };
  }
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const isNew = (turn, kind, entry) => !turn.parts.some((part) => part[kind].some((held) => same(held.view ?? held, entry.view ?? entry)));

function addOnce(list, entry) {
  return !list.some((held) => same(held, entry)) && list.push(entry);
}

const partOf = ({ text, views = [], receipts = [], confirmation = null, unconfirmed = [] }) =>
  ({ ...newPart(), text, views, receipts, confirmation, unconfirmed });

/** What was looked up on the way to a change is not shown. */
function sinceLastChange({ views, receipts }) {
  const changing = new Set(receipts.map((receipt) => receipt.operation));
  return views.slice(Math.max(0, views.findLastIndex((entry) => changing.has(entry.operation))));
}

function withoutRepeats(byKey) {
  const slugs = new Set();
  const kept = [];
  for (const [key, entry] of byKey) {
    const narrowed = narrow(entry, slugs);
    if (narrowed) kept.push([key, narrowed]);
  }
  return kept;
}

function narrow(entry, slugs) {
  const { view } = entry;
  const listed = view.items?.[0]?.variants ? view.items : view.variants ? [view] : null;
  if (!listed) return entry;
  const unseen = listed.filter((product) => !slugs.has(product.product));
  for (const product of unseen) slugs.add(product.product);
  if (!unseen.length) return null;
  return view.items ? { ...entry, view: { ...view, items: unseen } } : entry;
}

const keyed = (receipts) => receipts.filter(needsReceipt).map((receipt, at) => [String(at), receipt]);

const askKey = (asked) => asked && JSON.stringify([asked.status, asked.tries, asked.problem && wordsOf(asked.problem)]);

const stepsKey = (part, thinking) => JSON.stringify([[...part.steps], thinking, Boolean(part.text)]);

function stepLines(part, thinking) {
  const running = [...part.steps.values()].filter((step) => !step.done && thinking);
  const refused = [...part.steps.values()].filter((step) => step.refusal);
  const lines = running.map((step) => el("p.step-line", {}, spinner(), toolWords(step.operation)));
  if (thinking && !running.length && !part.text) lines.push(el("p.step-line", {}, spinner(), t("working")));
  return [...refused.map((step) => el("p.step-line.refused", {}, wordsOf(step.refusal).sentence)), ...lines];
}

const toolWords = (operation) => (knows(`tool.${operation}`) ? t(`tool.${operation}`) : t("working"));

const spinner = () => el("span.spinner", { "aria-hidden": "true" });

function makeSlots() {
  const names = ["text", "steps", "views", "confirmation", "receipts"];
  const slots = Object.fromEntries(names.map((name) => [name, new Slot(name)]));
  slots.node = el("div.part", {}, names.map((name) => slots[name].node));
  return slots;
}

/** A place in a part that redraws only what changed. */
class Slot {
  constructor(name) {
    this.node = el(`div.slot-${name}`);
    this.held = new Map();
  }

  keep(key, state, draw) {
    if (this.held.get(key) === state) return;
    this.held.set(key, state);
    this.node.replaceChildren(...[draw()].flat().filter(Boolean));
  }

  keepAll(entries, draw) {
    const nodes = entries.map(([key, entry]) => this.reuse(key, entry, draw));
    const wanted = new Set(nodes);
    for (const node of [...this.node.children]) if (!wanted.has(node)) node.remove();
    for (const node of nodes) if (!node.isConnected || node.parentNode !== this.node) this.node.append(node);
  }

  reuse(key, entry, draw) {
    const state = JSON.stringify(entry);
    const held = this.held.get(key);
    if (held?.state === state) return held.node;
    const node = draw(entry);
    this.held.set(key, { state, node });
    return node;
  }
}
