// Draws what the shop answered (carts, quotes, orders, lists) from its views, never from the model's words.

import { addressLine, attributesOf, money, nameOf, timeLeft, when } from "./format.js";
import { counting } from "./countdown.js";
import { el, icon } from "./dom.js";
import { oneProduct, productList, tile } from "./products.js";
import { count, getLanguage, knows, t } from "./strings.js";
import { tell } from "./signals.js";

const EMPTY = { search_products: "nothingFound", list_orders: "noOrders" };

export const EMPTY_LIST = "empty";

const isEmptyList = (operation, view) => view?.items?.length === 0 && operation in EMPTY;

const kindOf = (view) => KINDS.find(([, fits]) => fits(view));

/** What a view is about: a later view with the same key takes the place of an earlier one. */
export function keyOf({ operation, view }) {
  const kind = view && kindOf(view)?.[0];
  if (kind === "order") return `order ${view.order}`;
  if (kind === "checkout") return `checkout ${view.checkout}`;
  if (kind === "product") return `product ${view.product}`;
  if (kind === "products") return `products ${view.items.map((item) => item.product).join(" ")}`;
  return kind ?? (isEmptyList(operation, view) ? EMPTY_LIST : null);
}

export function drawView({ operation, view }) {
  if (isEmptyList(operation, view)) return el("p.empty", {}, t(EMPTY[operation]));
  return kindOf(view)[2](view);
}

export const messageList = (messages) => messages.length > 0 && el("ul.messages", { role: "list" }, messages.map(oneMessage));

const oneMessage = (message) => el(`li.message.${message.type}`, {}, icon(message.type === "info" ? "info" : "warn"), el("span", {}, message.content));

function compactCart(cart) {
  if (!cart.items.length) return el("section.card.compact", {}, el("p.muted", {}, t("emptyCart")));
  return el("section.card.compact", {},
    el("header.card-head", {}, el("h3", {}, t("cart")), el("span.muted", {}, count(pieces(cart)))),
    lineList(cart.items),
    el("p.sum.total", {}, el("span", {}, t("subtotal")), el("span", {}, money(cart.subtotal))),
    messageList(cart.messages));
}

export const pieces = (cart) => cart.items.reduce((sum, item) => sum + item.quantity, 0);

export const lineList = (lines) => el("ul.lines", { role: "list" }, lines.map(oneLine));

function oneLine(line) {
  const attributes = attributesOf(line);
  return el("li.line", {}, tile(line.product, nameOf(line), ".tiny"),
    el("div.line-words", {}, el("span", {}, nameOf(line)), attributes && el("span.muted", {}, attributes)),
    el("span.line-count", {}, `× ${line.quantity}`), el("span.line-total", {}, money(line.total)));
}

export const totalList = (totals) => el("dl.totals", {}, totals.map((total) => el(`div.sum.${total.type}`, {},
  el("dt", {}, t(`total.${total.type}`)), el("dd", {}, money(total)))));

export function factList(facts) {
  const rows = facts.filter(([, words]) => words);
  return rows.length > 0 && el("dl.facts", {}, rows.map(([label, words]) => el("div", {}, el("dt", {}, label), el("dd", {}, words))));
}

export const addressWords = (address) => address && `${address.recipient}, ${addressLine(address)}${address.phone ? ` · ${address.phone}` : ""}`;

export function deliveryWords(option) {
  if (!option) return null;
  return `${nameOf(option)} · ${t("days", { min: option.min_days, max: option.max_days })} · ${money(option.price)}`;
}

const badge = (status) => el(`span.badge.${status}`, {}, t(`status.${status}`));

function quoteCard(checkout) {
  const open = ["incomplete", "ready_for_complete"].includes(checkout.status);
  const missing = open ? t("notChosen") : null;
  return el("section.card", {},
    el("header.card-head", {}, el("h3", {}, t("quote")), badge(checkout.status)),
    lineList(checkout.lines), totalList(checkout.totals),
    factList([
      [t("deliverTo"), addressWords(checkout.address) ?? missing],
      [t("delivery"), deliveryWords(checkout.delivery_option) ?? missing],
      [t("paysWith"), checkout.payment_method?.label ?? missing],
      [t("giftCard"), checkout.gift_card && `${checkout.gift_card.label} · ${money(checkout.gift_card.amount)}`],
      [t("coupons"), checkout.coupon_codes.join(", ")],
    ]),
    messageList(checkout.messages),
    open && expiry(checkout.expires_at, "quoteEnds", "quoteEnded"),
    checkout.status === "ready_for_complete" && sayButton("placeOrder", t("sayPlaceOrder")));
}

const expiry = (until, running, over) => counting(el("p.muted.expiry"), until, (node, left) => {
  node.textContent = left ? t(running, { time: timeLeft(until) }) : t(over);
});

const sayButton = (label, words) => el("button.main.say", { type: "button", onclick: () => tell("say", words) }, t(label));

export function orderCard(order) {
  return el("section.card", {},
    el("header.card-head", {}, el("h3", {}, t("order", { order: order.order })), badge(order.status)),
    el("p.muted", {}, t("placedAt", { when: when(order.placed_at) })),
    lineList(order.lines), totalList(order.totals), payment(order.payment), messageList(order.messages),
    order.status === "awaiting_payment" && order.pay_until && el("p.muted.expiry", {}, t("payUntil", { time: timeLeft(order.pay_until) })),
    orderDetails(order));
}

function payment(paid) {
  if (!paid) return null;
  const link = safeLink(paid.action_url);
  return el("div.payment", {},
    el("p", {}, `${paid.label} · ${money(paid.amount)} · ${t(`payment.${paid.status}`)}`),
    paid.reason && el("p.muted", {}, paid.reason),
    link && el("a.button.main", { href: link, target: "_blank", rel: "noopener noreferrer" }, t("payNow")));
}

function safeLink(address) {
  if (!address) return null;
  const link = URL.canParse?.(address, location.href) === false ? null : new URL(address, location.href);
  return link && /^https?:$/.test(link.protocol) ? link.href : null;
}

const orderDetails = (order) => el("details", {}, el("summary", {}, t("details")),
  factList([
    [t("deliverTo"), addressWords(order.address)],
    [t("delivery"), deliveryWords(order.delivery_option)],
    [t("coupons"), order.coupon_codes.join(", ")],
  ]),
  el("ol.history", { "aria-label": t("history") }, order.events.map((event) => el("li", {},
    el("span", {}, knows(`event.${event.type}`) ? t(`event.${event.type}`) : event.type), el("time", { datetime: event.at }, when(event.at))))));

export const orderList = (orders) => el("ul.orders", { role: "list" }, orders.items.map((order) => el("li", {},
  el("button.order-row", { type: "button", onclick: () => tell("order", order.order) },
    el("span.order-title", {}, order.title), el("span.order-total", {}, money(order.total)),
    el("span.muted", {}, `${order.order} · ${when(order.placed_at)}`), badge(order.status)))));

const categoryList = (categories) => el("ul.chips", { role: "list" }, categories.items.map((category) => el("li", {},
  el("button.chip", { type: "button", onclick: () => tell("say", nameOf(category)) }, nameOf(category), el("span.muted", {}, ` ${category.products}`)))));

const couponList = (coupons) => el("ul.coupons", { role: "list" }, coupons.items.map((coupon) => el("li.coupon", {},
  el("code", {}, coupon.coupon), el("span", {}, nameOf(coupon)),
  el("span.muted", {}, [coupon.minimum.amount > 0 && t("couponFrom", { price: money(coupon.minimum) }),
    coupon.valid_until && t("untilDate", { when: when(coupon.valid_until) })].filter(Boolean).join(" · ")))));

const KINDS = [
  ["products", (view) => view.items?.[0]?.variants, productList],
  ["product", (view) => view.variants, oneProduct],
  ["cart", (view) => view.subtotal && view.items, compactCart],
  ["order", (view) => view.order && view.events, orderCard],
  ["checkout", (view) => view.checkout && view.lines, quoteCard],
  ["orders", (view) => view.items?.[0]?.placed_at, orderList],
  ["categories", (view) => view.items?.[0]?.category, categoryList],
  ["coupons", (view) => view.items?.[0]?.coupon, couponList],
];

function receiptWords(summary, view) {
  if (getLanguage() === "en") return summary;
  return view?.subtotal ? t("cartHolds", { n: view.items.reduce((sum, item) => sum + item.quantity, 0), total: money(view.subtotal) }) : "";
}

export function receiptCard({ summary, view }) {
  const order = view && kindOf(view)?.[0] === "order";
  return el(`section.card.receipt${order ? "" : ".slim"}`, {},
    el("header.card-head", {}, icon("check"), el("h3", {}, t("done"))), el("p", {}, receiptWords(summary, view)), order && receiptOrder(view));
}

/** A quote is its own receipt. */
export const needsReceipt = ({ view }) => !view || kindOf(view)?.[0] !== "checkout";

const receiptOrder = (order) => [
  el("div.receipt-facts", {}, el("strong", {}, order.order), badge(order.status), el("strong.receipt-total", {}, money(order.total))),
  payment(order.payment), messageList(order.messages),
  el("details", {}, el("summary", {}, t("details")), lineList(order.lines), totalList(order.totals),
    factList([[t("deliverTo"), addressWords(order.address)], [t("delivery"), deliveryWords(order.delivery_option)]])),
];
