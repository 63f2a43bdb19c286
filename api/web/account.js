// Who is shopping: signing in and out, registering, and what a customer has saved.

import { get, isSignedIn, register, signIn, signOut, write } from "./api.js";
import { byId, closeOnBackdrop, el } from "./dom.js";
import { when } from "./format.js";
import { notify, problemBlock, say } from "./notices.js";
import { on } from "./signals.js";
import { t } from "./strings.js";
import { addressWords } from "./views.js";

const TEST_TOKENS = ["tok_succeeds", "tok_declines", "tok_times_out", "tok_needs_action"];
const ADDRESS_FIELDS = [
  ["recipient", "name", true], ["phone", "tel", true], ["line1", "address-line1", true], ["line2", "address-line2", false],
  ["city", "address-level2", true], ["region", "address-level1", false], ["postal_code", "postal-code", false], ["country", "country", true],
];

let profile = null;
let demo = null;

const demoButtons = () => [byId("demo"), byId("demo-here")];

const dialog = () => byId("account-dialog");

export function startAccount(shop) {
  demo = shop?.demo ?? null;
  closeOnBackdrop(dialog());
  byId("open-account").addEventListener("click", openDialog);
  byId("close-account").addEventListener("click", () => dialog().close());
  for (const button of demoButtons()) button.addEventListener("click", () => press(button, signInAsDemo));
  on("language", showName);
  showName();
}

export async function refreshAccount() {
  profile = isSignedIn() ? await get("/v1/account").catch(() => null) : null;
  showName();
}

function showName() {
  byId("who").textContent = isSignedIn() ? (profile?.name ?? "…") : t("guest");
  for (const button of demoButtons()) button.hidden = !demo || isSignedIn();
}

function openDialog() {
  isSignedIn() ? drawCustomer() : drawSignIn();
  dialog().showModal();
}

const fill = (...nodes) => byId("account-body").replaceChildren(...nodes.filter(Boolean));

const titled = (text) => (byId("account-title").textContent = text);

function drawSignIn() {
  titled(t("signIn"));
  fill(el("p.muted", {}, t("signInMore")),
    form("signIn", [input("email", "email", "username"), input("password", "password", "current-password")], (sent) => signIn(sent.email, sent.password)),
    el("button.link", { type: "button", onclick: drawRegister }, t("register")), demoButton());
}

function drawRegister() {
  titled(t("register"));
  fill(el("p.muted", {}, t("signInMore")),
    form("register", [input("name", "text", "name", { maxlength: 100 }), input("email", "email", "username"),
      input("password", "password", "new-password", { minlength: 15, maxlength: 128, hint: t("passwordHint") })],
      (sent) => register(sent.email, sent.name, sent.password)),
    el("button.link", { type: "button", onclick: drawSignIn }, t("haveAccount")), demoButton());
}

const demoButton = () => demo && el("div.demo-block", {}, el("p.or", {}, t("or")),
  el("button.plain-button.whole", { type: "button", onclick: (event) => press(event.currentTarget, signInAsDemo) }, t("asDemo")));

const signInAsDemo = async () => welcome(await signIn(demo.email, demo.password));

async function welcome() {
  dialog().close();
  await refreshAccount();
  say(t("signedIn", { name: profile?.name ?? "" }));
}

function input(name, type, autocomplete, { hint, ...more } = {}) {
  return el("label.field", {}, el("span", {}, t(name)),
    el("input", { name, type, autocomplete, required: true, ...more }), hint && el("span.hint", {}, hint));
}

function form(label, fields, act, after = welcome) {
  const trouble = el("div");
  const button = el("button.main.whole", { type: "submit" }, t(label));
  return el("form.stack", { onsubmit: submit }, fields, trouble, button);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    trouble.replaceChildren();
    try {
      await act(Object.fromEntries(new FormData(event.target)));
      await after();
    } catch (problem) {
      trouble.replaceChildren(problemBlock(problem));
    }
    button.disabled = false;
  }
}

async function press(button, act) {
  button.disabled = true;
  try {
    await act();
  } catch (problem) {
    notify(problem);
  }
  button.disabled = false;
}

function drawCustomer() {
  titled(profile?.name ?? t("account"));
  const addresses = el("div.saved");
  const methods = el("div.saved");
  const remembered = el("div.saved");
  const devices = el("div.saved");
  fill(el("p.muted", {}, profile?.email ?? ""),
    el("section.saved-block", {}, el("h3", {}, t("addresses")), addresses),
    el("section.saved-block", {}, el("h3", {}, t("paymentMethods")), methods),
    el("section.saved-block", {}, el("h3", {}, t("remembered")), remembered),
    el("section.saved-block", {}, el("h3", {}, t("devices")), devices),
    el("button.plain-button.whole", { type: "button", onclick: (event) => press(event.currentTarget, leave) }, t("signOut")));
  showSaved(addresses, "addresses", "noAddress", addressWords, "addAddress", addressForm);
  showSaved(methods, "payment-methods", "noPayment", (method) => method.label, "addPayment", paymentForm);
  showRemovable(remembered, "preferences", "nothingRemembered", (wish) => [`“${wish.said}”`],
    (wish) => [t("forget"), `/v1/preferences/${wish.preference}`]);
  showRemovable(devices, "sessions", "nothingRemembered", (device) => [device.device || t("unknownDevice"), el("span.muted", {}, ` · ${when(device.used_at)}`)],
    (device) => !device.current && [t("signOut"), `/v1/sessions/${device.session}`]);
}

async function leave() {
  dialog().close();
  await signOut();
  say(t("signedOut"));
}

async function showSaved(node, path, none, words, addLabel, makeForm) {
  if (!node.hasChildNodes()) node.append(el("p.muted", {}, t("loading")));
  try {
    const { items } = await get(`/v1/account/${path}`);
    const adder = el("button.link", { type: "button", onclick: openForm }, t(addLabel));
    node.replaceChildren(items.length ? savedList(items, words) : el("p.muted", {}, t(none)), adder);
  } catch (problem) {
    node.replaceChildren(problemBlock(problem));
  }

  function openForm(event) {
    const made = makeForm((body) => write("POST", `/v1/account/${path}`, body),
      () => showSaved(node, path, none, words, addLabel, makeForm));
    event.currentTarget.replaceWith(made);
    made.querySelector("input, select").focus();
  }
}

async function showRemovable(node, path, none, words, remover) {
  if (!node.hasChildNodes()) node.append(el("p.muted", {}, t("loading")));
  try {
    const { items } = await get(`/v1/${path}`);
    node.replaceChildren(items.length ? el("ul.plain", {}, items.map(row)) : el("p.muted", {}, t(none)));
  } catch (problem) {
    node.replaceChildren(problemBlock(problem));
  }

  function row(item) {
    const [label, removal] = remover(item) || [];
    return el("li.removable", {}, el("span", {}, words(item)), label ? remove(label, removal) : el("span.badge", {}, t("thisDevice")));
  }

  function remove(label, removal) {
    const act = async () => {
      await write("DELETE", removal);
      await showRemovable(node, path, none, words, remover);
    };
    return el("button.link", { type: "button", onclick: (event) => press(event.currentTarget, act) }, label);
  }
}

const savedList = (items, words) => el("ul.plain", {}, items.map((item) => el("li", {}, words(item), item.default && el("span.badge", {}, t("default")))));

function addressForm(save, after) {
  const fields = ADDRESS_FIELDS.map(([name, autocomplete, required]) => input(name, "text", autocomplete,
    { required, maxlength: name === "country" ? 2 : 200, value: name === "recipient" ? profile?.name : undefined }));
  return form("save", [el("div.pair", {}, fields)], (sent) => save({ ...sent, country: sent.country.toUpperCase() }), after);
}

function paymentForm(save, after) {
  const options = TEST_TOKENS.map((token) => el("option", { value: token }, t(token)));
  const choice = el("label.field", {}, el("span", {}, t("sandboxCard")), el("select", { name: "token" }, options));
  return form("save", [choice], save, after);
}
