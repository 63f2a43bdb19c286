// Starts the page and puts its parts together.

import { refreshAccount, startAccount } from "./account.js";
import { getOpen, session } from "./api.js";
import { refreshCart } from "./basket.js";
import { startCart } from "./cart.js";
import { newConversation, reopenLast, reopenWanted, startChat } from "./chat.js";
import { startComposer } from "./composer.js";
import { byId } from "./dom.js";
import { notify, say, watchConnection } from "./notices.js";
import { refreshOrders, startOrders } from "./orders.js";
import { on } from "./signals.js";
import { switchLanguage, t, translatePage } from "./strings.js";
import { startThreads } from "./threads.js";

let shop = null;

async function start() {
  translatePage();
  watchConnection();
  startChat();
  startComposer();
  startCart();
  startThreads();
  startOrders();
  byId("language").addEventListener("click", switchLanguage);
  on("language", showShop);
  on("session", changeSession);
  const meeting = getOpen("/v1/shop").then(meet, notify);
  await Promise.all([meeting, refreshMine(), reopenLast()]);
}

function meet(told) {
  shop = told;
  showShop();
  startAccount(shop);
}

function showShop() {
  if (!shop) return;
  document.title = shop.name;
  byId("shop-name").textContent = shop.name;
  byId("model").textContent = shop.model === "planner" ? t("planner") : shop.model;
}

const refreshMine = () => Promise.all([refreshCart().catch(notify), refreshAccount(), refreshOrders()]);

/** Signing in keeps the conversation: it comes along. */
async function changeSession({ lost, replaced }) {
  if (replaced || !session()) newConversation();
  if (lost) say(t("sessionLost"));
  await Promise.all([refreshMine(), reopenWanted()]);
}

start();
