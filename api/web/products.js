// Draws products: a tile, name, price, and each variant with its stock and its own "Add".

import { addToCart } from "./basket.js";
import { el, icon, pause } from "./dom.js";
import { attributesOf, descriptionOf, hueOf, initials, money, nameOf } from "./format.js";
import { notify } from "./notices.js";
import { t } from "./strings.js";

const SHOWN_AT_FIRST = 6;
const VARIANTS_AT_FIRST = 4;
const FEW = 5;

/** The head image of a product, or a tile with its initials where it has none. */
export const pictureOf = (product, name) => {
  const [head] = product.images ?? [];
  return head ? el("img.tile", { src: head.thumbnail_url, alt: head.alt || name, loading: "lazy" }) : tile(product.product, name);
};

export const tile = (slug, name, size = "") => el(`div.tile.${hueOf(slug)}${size}`, { "aria-hidden": "true" }, initials(name));

export function productList({ items, matched, corrected_query: corrected }) {
  if (!items.length) return el("p.empty", {}, t("nothingFound"));
  const list = el("ul.products", { role: "list" }, items.slice(0, SHOWN_AT_FIRST).map(inList));
  return el("section.shelf", { "aria-label": t("found", { n: items.length }) },
    corrected && el("p.muted", {}, t("corrected", { query: corrected })),
    matched === "some_words" && el("p.muted", {}, t("someWords")), list, moreButton(list, items.slice(SHOWN_AT_FIRST), inList));
}

export const oneProduct = (product) => el("section.shelf", {}, productCard(product, true));

const inList = (product) => el("li", {}, productCard(product, false));

function moreButton(list, rest, draw) {
  if (!rest.length) return null;
  const button = el("button.quiet.more", { type: "button", onclick: reveal }, t("showMore", { n: rest.length }));
  return button;

  function reveal() {
    const added = rest.map(draw);
    list.append(...added);
    button.remove();
    added[0].querySelector("button:not(:disabled)")?.focus({ preventScroll: true });
  }
}

function productCard(product, whole) {
  const name = nameOf(product);
  return el("article.product", {},
    el("div.product-head", {}, pictureOf(product, name),
      el("div.product-words", {}, el("h3", {}, name), el("p.brand", {}, product.brand), priceOf(product))),
    whole ? el("p.description", {}, descriptionOf(product)) : null,
    variantList(product, whole || product.variants.length <= VARIANTS_AT_FIRST + 1 ? product.variants.length : VARIANTS_AT_FIRST));
}

function priceOf(product) {
  const differs = product.variants.some((variant) => variant.price.amount !== product.price.amount);
  const price = money(product.price);
  return el("p.price", {}, differs ? t("from", { price }) : price);
}

function variantList(product, shown) {
  const draw = (variant) => variantChip(product, variant);
  const list = el("ul.variants", { role: "list" }, product.variants.slice(0, shown).map(draw));
  return [list, moreButton(list, product.variants.slice(shown), draw)];
}

function variantChip(product, variant) {
  const words = attributesOf(variant);
  return el(`li.variant${variant.available ? "" : ".gone"}`, {},
    el("div.variant-words", {}, el("span.variant-name", {}, words || nameOf(product)),
      el("span.variant-facts", {}, money(variant.price), el("span", { "aria-hidden": "true" }, "·"), stockOf(variant))),
    addButton(variant, `${nameOf(product)}${words && `, ${words}`}`));
}

function stockOf({ available }) {
  if (!available) return el("span.stock", {}, t("soldOut"));
  if (available <= FEW) return el("span.stock.few", {}, t("onlyLeft", { n: available }));
  return el("span.stock", {}, t("inStock"));
}

function addButton(variant, name) {
  const words = el("span", {}, t("add"));
  const button = el("button.add", { type: "button", "aria-label": t("addLabel", { name }), disabled: !variant.available, onclick: add },
    icon("plus"), words);
  return button;

  async function add() {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await addToCart(variant.sku, name);
      await celebrate(button, words);
    } catch (problem) {
      notify(problem);
    }
    button.removeAttribute("aria-disabled");
  }
}

async function celebrate(button, words) {
  button.classList.add("done");
  words.textContent = t("added");
  await pause(1400);
  button.classList.remove("done");
  words.textContent = t("add");
}
