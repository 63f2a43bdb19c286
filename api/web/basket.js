// The cart as the shop last told it, and the requests that change it.

import { get, session, write } from "./api.js";
import { announce } from "./notices.js";
import { t } from "./strings.js";
import { tell } from "./signals.js";

let asked = 0;
let shown = 0;
let latest = null;

export const cartNow = () => latest;

export function showCart(cart) {
  shown = ++asked;
  latest = cart;
  tell("cart", cart);
}

/** An answer that was overtaken by the answer to a later request is not shown. */
async function fresh(request) {
  const turn = ++asked;
  const cart = await request;
  if (turn < shown) return;
  shown = turn;
  latest = cart;
  tell("cart", cart);
}

export const refreshCart = async () => (session() ? fresh(get("/v1/cart")) : showCart(null));

export async function addToCart(sku, name) {
  await fresh(write("POST", "/v1/cart/items", { sku, quantity: 1 }));
  announce(`${t("added")}: ${name}`);
}

export const setQuantity = (sku, quantity) => fresh(write("PATCH", `/v1/cart/items/${encodeURIComponent(sku)}`, { quantity }));

export const removeItem = (sku) => fresh(write("DELETE", `/v1/cart/items/${encodeURIComponent(sku)}`));
