// Tells the reader what went wrong, or well, in a sentence and a hint; and speaks to screen readers.

import { Unreachable } from "./api.js";
import { byId, el, icon } from "./dom.js";
import { knows, t } from "./strings.js";

const SHOWN_FOR = { problem: 9000, good: 3000 };

/** The sentence and the hint of a problem, of a refusal, or of a broken connection. */
export function wordsOf(problem) {
  if (problem instanceof Unreachable) return worded("unreachable", {});
  if (problem.code && knows(`problem.${problem.code}`)) return worded(problem.code, problem.facts ?? {});
  const sentence = problem.sentence || problem.detail || problem.facts?.detail;
  return sentence ? { sentence, hint: hintOf(problem) } : worded("unknown", {});
}

const hintOf = ({ code, hint }) => (knows(`problem.${code}.hint`) ? t(`problem.${code}.hint`) : hint || "");

const worded = (code, facts) => ({ sentence: t(`problem.${code}`, facts), hint: t(`problem.${code}.hint`, facts) });

export function notify(problem) {
  const { sentence, hint } = wordsOf(problem);
  show("problem", sentence, hint);
}

export const say = (sentence) => show("good", sentence, "");

function show(kind, sentence, hint) {
  const notice = el(`div.notice.${kind}`, { role: kind === "problem" ? "alert" : "status" },
    el("div", {}, el("p", {}, sentence), hint && el("p.hint", {}, hint)),
    el("button.quiet.small", { type: "button", "aria-label": t("close"), onclick: () => notice.remove() }, icon("close")));
  byId("notices").replaceChildren(...[...byId("notices").children].slice(-2), notice);
  setTimeout(() => notice.remove(), SHOWN_FOR[kind]);
}

export function problemBlock(problem, ...more) {
  const { sentence, hint } = wordsOf(problem);
  return el("div.problem", { role: "alert" }, el("p", {}, sentence), hint && el("p.hint", {}, hint), more);
}

export function announce(text) {
  byId("announcer").append(el("p", {}, text));
  while (byId("announcer").children.length > 5) byId("announcer").firstChild.remove();
}

export function watchConnection() {
  const show = () => (byId("offline").hidden = navigator.onLine);
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}
