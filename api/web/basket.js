// The cart as the shop last told it, and the requests that change it.

import { get, session, write } from "./api.js";
import { announce } from "./notices.js";
import { t } from "./strings.js";
import { tell } from "./signals.js";

let asked = 0;
let shown = 0;
let written = 0;
let latest = null;

export const cartNow = () => latest;

/** Looks that are under way came before it, and are not shown. */
export function showCart(cart) {
  show(cart, ++asked);
}

function show(cart, turn) {
  shown = turn;
  latest = cart;
  tell("cart", cart);
}

async function looked(request) {
  const turn = ++asked;
  const cart = await request;
  if (turn >= shown) show(cart, turn);
}

/** What a change answers is newer than looks that were asked meanwhile, which may have seen the cart before it; a later change is newer. */
async function changed(request) {
  const turn = ++asked;
  const cart = await request;
  if (turn < written) return;
  written = turn;
  showCart(cart);
}

export const refreshCart = async () => (session() ? looked(get("/v1/cart")) : showCart(null));

export async function addToCart(sku, name) {
  await changed(write("POST", "/v1/cart/items", { sku, quantity: 1 }));
  announce(`${t("added")}: ${name}`);
}

export const setQuantity = (sku, quantity) => changed(write("PATCH", `/v1/cart/items/${encodeURIComponent(sku)}`, { quantity }));

export const removeItem = (sku) => changed(write("DELETE", `/v1/cart/items/${encodeURIComponent(sku)}`));
