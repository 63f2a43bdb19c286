// The latest orders beside the cart, and one order opened from them.

import { get, isSignedIn } from "./api.js";
import { byId, closeOnBackdrop } from "./dom.js";
import { notify } from "./notices.js";
import { on } from "./signals.js";
import { t } from "./strings.js";
import { orderCard, orderList } from "./views.js";

let shown = { items: [] };

export function startOrders() {
  closeOnBackdrop(byId("order-dialog"));
  byId("close-order").addEventListener("click", () => byId("order-dialog").close());
  on("order", openOrder);
  on("changed", refreshOrders);
  on("language", draw);
}

export async function refreshOrders() {
  shown = isSignedIn() ? await get("/v1/orders?limit=5").catch(() => shown) : { items: [] };
  draw();
}

function draw() {
  byId("recent").hidden = shown.items.length === 0;
  byId("recent-orders").replaceChildren(orderList(shown));
}

async function openOrder(number) {
  try {
    const order = await get(`/v1/orders/${encodeURIComponent(number)}`);
    byId("order-title").textContent = t("order", { order: order.order });
    byId("order-body").replaceChildren(orderCard(order));
    if (!byId("order-dialog").open) byId("order-dialog").showModal();
  } catch (problem) {
    notify(problem);
  }
}
