// Draws the question that takes a yes: the shop's exact terms, two buttons, and what became of it.

import { money, timeLeft } from "./format.js";
import { counting } from "./countdown.js";
import { el, icon } from "./dom.js";
import { problemBlock } from "./notices.js";
import { getLanguage, knows, t } from "./strings.js";
import { addressWords, deliveryWords, factList, lineList, totalList } from "./views.js";

export function isExpired({ status, expires_at: until }) {
  return status === "pending" && new Date(until) <= Date.now();
}

/** `decide(decision)` is called once, with "approve" or "reject". */
export function confirmationCard(confirmation, decide) {
  const pending = confirmation.status === "pending" && !isExpired(confirmation) && !confirmation.problem;
  return pending ? question(confirmation, decide) : outcome(confirmation);
}

function question(confirmation, decide) {
  const title = titleOf(confirmation);
  return el("section.card.ask", { "aria-label": t("needsYes") },
    el("p.eyebrow", {}, icon("shield"), t("needsYes")),
    el("h3", {}, title), inEnglish() && el("p", {}, confirmation.terms.summary),
    amounts(confirmation.terms), termsOf(confirmation.terms), answerRow(confirmation, decide));
}

/** The shop writes its sentences in English; elsewhere the card's own parts say the same. */
const inEnglish = () => getLanguage() === "en";

const titleOf = ({ operation }) => (knows(`commit.${operation}`) ? t(`commit.${operation}`) : t("needsYes"));

function amounts({ charge, refund }) {
  const row = (label, sum) => el("p.amount", {}, el("span", {}, label), el("strong", {}, money(sum)));
  if (!charge && !refund) return el("p.amount", {}, el("span", {}, t("noCharge")));
  return [charge && row(t("charge"), charge), refund && row(t("refund"), refund)];
}

const termsOf = (terms) => [
  terms.lines.length > 0 && lineList(terms.lines),
  terms.totals.length > 0 && totalList(terms.totals),
  factList([
    [t("deliverTo"), addressWords(terms.address)],
    [t("delivery"), deliveryWords(terms.delivery_option)],
    [t("paysWith"), terms.payment_method],
    [t("giftCard"), terms.gift_card && `${terms.gift_card.label} · ${money(terms.gift_card.amount)}`],
    [t("coupons"), terms.coupon_codes.join(", ")],
  ]),
];

const approveWords = ({ charge }) => (charge ? `${t("approve")} · ${money(charge)}` : t("approve"));

function answerRow(confirmation, decide) {
  const approve = el("button.main", { type: "button", onclick: () => answer("approve") }, approveWords(confirmation.terms));
  const reject = el("button.plain-button", { type: "button", onclick: () => answer("reject") }, t("reject"));
  const clock = el("p.muted.expiry");
  if (confirmation.answering) close();
  else counting(clock, confirmation.expires_at, showTime);
  return [el("div.answers", {}, approve, reject), clock];

  function answer(decision) {
    confirmation.answering = decision;
    close();
    decide(decision);
  }

  function close() {
    approve.disabled = reject.disabled = true;
    clock.textContent = t("answering");
  }

  function showTime(node, left) {
    if (confirmation.answering) return;
    node.textContent = left ? t("answerWithin", { time: timeLeft(confirmation.expires_at) }) : t("expired");
    if (!left) approve.disabled = reject.disabled = true;
  }
}

function outcome(confirmation) {
  const state = stateOf(confirmation);
  return el(`section.card.compact.outcome.${state}`, {},
    el("p.outcome-line", {}, icon(["approved", "used"].includes(state) ? "check" : "close"), el("strong", {}, t(state)), " ", inEnglish() ? confirmation.terms.summary : titleOf(confirmation)),
    confirmation.problem && problemBlock(confirmation.problem),
    el("details", {}, el("summary", {}, t("terms")), amounts(confirmation.terms), termsOf(confirmation.terms)));
}

function stateOf(confirmation) {
  if (confirmation.problem) return "refused";
  return isExpired(confirmation) ? "expired" : confirmation.status;
}
