// The drawer of conversations: open one, delete one, begin another.

import { get, session, write } from "./api.js";
import { currentThread, newConversation, openThread } from "./chat.js";
import { byId, closeOnBackdrop, el, icon } from "./dom.js";
import { when } from "./format.js";
import { notify } from "./notices.js";
import { t } from "./strings.js";

const drawer = () => byId("drawer");

export function startThreads() {
  closeOnBackdrop(drawer());
  byId("open-threads").addEventListener("click", openDrawer);
  byId("close-drawer").addEventListener("click", () => drawer().close());
  for (const id of ["new-thread", "new-thread-in-drawer"]) byId(id).addEventListener("click", begin);
}

function begin() {
  drawer().close();
  newConversation();
  byId("words").focus();
}

async function openDrawer() {
  drawer().showModal();
  byId("thread-list").replaceChildren(el("li.muted.pad", {}, t("loading")));
  byId("more-threads").replaceChildren();
  await listFrom("", true);
}

async function listFrom(cursor, first) {
  try {
    const page = session() ? await get(`/v1/chat/threads${cursor && `?cursor=${encodeURIComponent(cursor)}`}`) : { items: [] };
    if (first) byId("thread-list").replaceChildren();
    byId("thread-list").append(...page.items.map(row));
    if (!byId("thread-list").children.length) byId("thread-list").append(el("li.muted.pad", {}, t("noConversations")));
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
  node.append(deleteButton(item.thread, title, node));
  return node;
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
