// The drawer of conversations: find one, open, rename or delete it, begin another.

import { get, session, write } from "./api.js";
import { currentThread, newConversation, openThread } from "./chat.js";
import { byId, closeOnBackdrop, el, icon } from "./dom.js";
import { when } from "./format.js";
import { notify } from "./notices.js";
import { t } from "./strings.js";

const TYPING = 250;

const drawer = () => byId("drawer");
let typed;
let listing = 0;

export function startThreads() {
  closeOnBackdrop(drawer());
  byId("open-threads").addEventListener("click", openDrawer);
  byId("close-drawer").addEventListener("click", () => drawer().close());
  byId("thread-query").addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => listFrom("", true), TYPING);
  });
  for (const id of ["new-thread", "new-thread-in-drawer"]) byId(id).addEventListener("click", begin);
}

function begin() {
  drawer().close();
  newConversation();
  byId("words").focus();
}

async function openDrawer() {
  drawer().showModal();
  byId("thread-query").value = "";
  byId("thread-list").replaceChildren(el("li.muted.pad", {}, t("loading")));
  byId("more-threads").replaceChildren();
  await listFrom("", true);
}

async function listFrom(cursor, first) {
  const mine = ++listing;
  const query = byId("thread-query").value.trim();
  const wanted = new URLSearchParams({ ...(cursor && { cursor }), ...(query && { query }) });
  try {
    const page = session() ? await get(`/v1/chat/threads?${wanted}`) : { items: [] };
    if (mine !== listing) return;
    if (first) byId("thread-list").replaceChildren();
    byId("thread-list").append(...page.items.map(row));
    if (!byId("thread-list").children.length) byId("thread-list").append(el("li.muted.pad", {}, t(query ? "noneFound" : "noConversations")));
    byId("more-threads").replaceChildren(...moreAfter(page.next_cursor));
  } catch (problem) {
    byId("thread-list").replaceChildren();
    notify(problem);
  }
}

const moreAfter = (cursor) => (cursor ? [el("button.quiet", { type: "button", onclick: () => listFrom(cursor, false) }, t("showMore", { n: "" }))] : []);

function row(item) {
  const title = item.title || t("untitled");
  const current = item.thread === currentThread();
  const node = el("li.thread", { },
    el("button.thread-open", { type: "button", "aria-current": current && "true", onclick: () => choose(item.thread) },
      el("span.thread-title", {}, title), el("time.muted", { datetime: item.updated_at }, when(item.updated_at))));
  const pen = el("button.quiet.small", { type: "button", "aria-label": t("renameConversation", { title }), onclick: () => rename(item, node) }, icon("pen"));
  node.append(pen, deleteButton(item.thread, title, node));
  return node;
}

/** The title becomes a box: Enter keeps what is in it, Escape or leaving it does not. */
function rename(item, node) {
  const box = el("input.thread-name", { type: "text", maxlength: "200", value: item.title, "aria-label": t("newTitle") });
  const shell = el("li.thread", {}, el("form.thread-form", { onsubmit: keep }, box));
  const back = () => shell.isConnected && shell.replaceWith(row(item));
  node.replaceWith(shell);
  box.addEventListener("blur", back);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    back();
  });
  box.focus();
  box.select();

  async function keep(event) {
    event.preventDefault();
    const title = box.value.trim();
    box.removeEventListener("blur", back);
    try {
      if (title && title !== item.title) Object.assign(item, await write("PATCH", `/v1/chat/threads/${encodeURIComponent(item.thread)}`, { title }));
    } catch (problem) {
      notify(problem);
    }
    back();
  }
}

function choose(thread) {
  drawer().close();
  if (thread !== currentThread()) openThread(thread);
}

function deleteButton(thread, title, node) {
  const button = el("button.quiet.small", { type: "button", "aria-label": t("deleteConversation", { title }), onclick: press }, icon("trash"));
  button.addEventListener("blur", calm);
  let sure = false;
  return button;

  function press() {
    if (sure) return remove(thread, node);
    sure = true;
    button.classList.add("danger");
    button.replaceChildren(t("reallyDelete"));
    button.removeAttribute("aria-label");
  }

  function calm() {
    sure = false;
    button.classList.remove("danger");
    button.replaceChildren(icon("trash"));
    button.setAttribute("aria-label", t("deleteConversation", { title }));
  }
}

async function remove(thread, node) {
  try {
    await write("DELETE", `/v1/chat/threads/${encodeURIComponent(thread)}`);
    node.remove();
    if (thread === currentThread()) newConversation();
  } catch (problem) {
    notify(problem);
  }
}
