// The cart panel: at the right of a wide page, a bar and a sheet at the bottom of a narrow one.

import { cartNow, refreshCart, removeItem, setQuantity } from "./basket.js";
import { byId, closeOnBackdrop, el, icon } from "./dom.js";
import { attributesOf, money, nameOf } from "./format.js";
import { notify } from "./notices.js";
import { tile } from "./products.js";
import { on, tell } from "./signals.js";
import { count, t } from "./strings.js";
import { messageList, pieces } from "./views.js";

const MOST = 99;
const SETTLES_AFTER = 300;
const wide = window.matchMedia("(min-width: 960px)");
const rows = new Map();

export function startCart() {
  place();
  wide.addEventListener("change", place);
  closeOnBackdrop(byId("sheet"));
  byId("cart-bar").addEventListener("click", () => byId("sheet").showModal());
  byId("close-sheet").addEventListener("click", () => byId("sheet").close());
  byId("check-out").addEventListener("click", checkOut);
  on("cart", draw);
  on("language", redraw);
  draw(cartNow());
}

function place() {
  if (wide.matches) byId("sheet").close();
  byId(wide.matches ? "side" : "sheet-body").append(byId("cart-panel"));
}

function checkOut() {
  if (byId("sheet").open) byId("sheet").close();
  tell("say", t("sayCheckOut"));
}

function redraw() {
  for (const row of rows.values()) row.node.remove();
  rows.clear();
  draw(cartNow());
}

function draw(cart) {
  const items = cart?.items ?? [];
  drawRows(items);
  byId("cart-empty").hidden = items.length > 0;
  byId("cart-foot").hidden = items.length === 0;
  byId("cart-messages").replaceChildren(...[messageList(cart?.messages ?? [])].filter(Boolean));
  byId("cart-count").textContent = items.length ? count(pieces(cart)) : "";
  byId("cart-subtotal").textContent = items.length ? money(cart.subtotal) : "";
  byId("bar-count").textContent = items.length ? count(pieces(cart)) : t("emptyCart");
  byId("bar-subtotal").textContent = items.length ? money(cart.subtotal) : "";
}

function drawRows(items) {
  const present = new Set(items.map((item) => item.sku));
  for (const [sku, row] of rows) if (!present.has(sku)) drop(sku, row);
  for (const item of items) {
    if (!rows.has(item.sku)) rows.set(item.sku, makeRow(item));
    rows.get(item.sku).update(item);
    byId("cart-items").append(...(rows.get(item.sku).node.isConnected ? [] : [rows.get(item.sku).node]));
  }
}

function drop(sku, row) {
  const held = row.node.contains(document.activeElement);
  row.node.remove();
  rows.delete(sku);
  if (held) byId("cart-title").focus();
}

function makeRow(first) {
  const { sku } = first;
  const name = [nameOf(first), attributesOf(first)].filter(Boolean).join(", ");
  const parts = {
    total: el("span.cart-total"),
    each: el("span.muted"),
    amount: el("output.amount-of"),
    less: stepButton("minus", t("one_less", { name }), () => step(-1)),
    more: stepButton("plus", t("one_more", { name }), () => step(1)),
  };
  const node = el("li.cart-row", {}, tile(first.product, nameOf(first), ".small"),
    el("div.cart-words", {}, el("p.cart-name", {}, nameOf(first)), el("p.muted", {}, attributesOf(first), " ", parts.each)),
    parts.total,
    el("div.cart-steps", {}, el("div.stepper", {}, parts.less, parts.amount, parts.more),
      el("button.quiet.small", { type: "button", "aria-label": t("remove", { name }), onclick: () => attempt(removeItem(sku)) }, t("removeWord"))));
  const row = { node, update, wanted: null, timer: 0 };
  let item = first;
  return row;

  function update(told) {
    item = told;
    parts.total.textContent = money(item.total);
    parts.each.textContent = item.quantity > 1 ? `· ${t("each", { price: money(item.unit_price) })}` : "";
    showQuantity();
  }

  function showQuantity() {
    const quantity = row.wanted ?? item.quantity;
    parts.amount.textContent = quantity;
    parts.amount.setAttribute("aria-label", t("quantity", { n: quantity }));
    parts.less.disabled = quantity <= 1;
    parts.more.disabled = quantity >= Math.min(MOST, Math.max(item.available, item.quantity));
  }

  function step(by) {
    row.wanted = (row.wanted ?? item.quantity) + by;
    showQuantity();
    clearTimeout(row.timer);
    row.timer = setTimeout(settle, SETTLES_AFTER);
  }

  async function settle() {
    const quantity = row.wanted;
    await attempt(setQuantity(sku, quantity));
    if (row.wanted === quantity) row.wanted = null;
    showQuantity();
  }
}

const stepButton = (name, label, press) => el("button.step", { type: "button", "aria-label": label, onclick: press }, icon(name));

async function attempt(change) {
  try {
    await change;
  } catch (problem) {
    notify(problem);
    await refreshCart().catch(() => {});
  }
}
