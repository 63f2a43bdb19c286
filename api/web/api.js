// HTTP to the shop: the session and its tokens, one refresh at a time, idempotency keys, problems as errors.

import { getLanguage } from "./strings.js";
import { memory } from "./memory.js";
import { tell } from "./signals.js";

const SESSION = "domtok.session";

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `HTTP ${status}`);
    Object.assign(this, { status, facts: { ...body, ...body.facts }, code: body.code || "", hint: body.hint || "", retryAfter });
  }
}

export class Unreachable extends Error {}

export const session = () => memory.read(SESSION);

export const isSignedIn = () => Boolean(session()) && session().role !== "guest";

export const uniqueKey = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join("");

const hex = (byte) => byte.toString(16).padStart(2, "0");

export async function get(path) {
  return (await request("GET", path)).json();
}

export async function write(method, path, body, options) {
  const response = await request(method, path, { body, key: uniqueKey(), ...options });
  return response.status === 204 ? null : response.json();
}

export async function getOpen(path) {
  return (await accepted(await send("GET", path, {}, null))).json();
}

/** Answers the Response; refreshes the session once when its token no longer counts. */
export async function request(method, path, options = {}) {
  const mine = session() ?? (options.anonymous ? null : await startGuest());
  let response = await send(method, path, options, mine);
  if (mine && (await isStale(response))) response = await send(method, path, options, await renew(mine));
  return accepted(response);
}

async function send(method, path, { body, key, accept = "application/json", headers, signal }, as) {
  const all = { Accept: accept, "Accept-Language": getLanguage(), ...headers };
  if (as) all.Authorization = `Bearer ${as.access_token}`;
  if (key) all["Idempotency-Key"] = key;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const content = body === undefined ? undefined : JSON.stringify(body);
  try {
    return await fetch(path, { method, headers: all, body: content, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable(error.message);
  }
}

async function isStale(response) {
  if (response.status !== 401 && response.status !== 403) return false;
  return ["token_invalid", "account_banned"].includes((await bodyOf(response.clone())).code);
}

async function accepted(response) {
  if (response.ok) return response;
  throw new Problem(response.status, await bodyOf(response), Number(response.headers.get("Retry-After")) || null);
}

async function bodyOf(response) {
  try {
    return (await response.json()) ?? {};
  } catch {
    return {};
  }
}

let starting = null;

function startGuest() {
  starting ??= alone(async () => session() ?? keep(await open("/v1/sessions/guest"))).finally(() => (starting = null));
  return starting;
}

let renewing = null;

function renew(stale) {
  renewing ??= alone(() => exchange(stale)).finally(() => (renewing = null));
  return renewing;
}

async function exchange(stale) {
  const stored = session();
  if (stored && stored.access_token !== stale.access_token) return stored;
  try {
    return keep(await open("/v1/sessions/refresh", { refresh_token: stale.refresh_token }));
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) throw error;
    return replaceLost(stale);
  }
}

async function replaceLost(stale) {
  const guest = keep(await open("/v1/sessions/guest"));
  tell("session", { replaced: true, lost: stale.role !== "guest" });
  return guest;
}

async function open(path, body) {
  return (await accepted(await send("POST", path, { body, key: uniqueKey() }, null))).json();
}

const alone = (work) => (navigator.locks ? navigator.locks.request(SESSION, work) : work());

function keep(opened) {
  memory.write(SESSION, opened);
  return opened;
}

export async function signIn(email, password) {
  const answer = await write("POST", "/v1/sessions", { email, password }, { anonymous: true });
  keep(answer);
  tell("session", {});
}

export async function register(email, name, password) {
  await write("POST", "/v1/accounts", { email, name, password }, { anonymous: true });
  await signIn(email, password);
}

export async function signOut() {
  try {
    if (session()) await write("DELETE", "/v1/sessions/current");
  } finally {
    memory.forget(SESSION);
    tell("session", {});
  }
}

window.addEventListener("storage", (event) => {
  if (event.key === SESSION && accountIn(event.oldValue) !== accountIn(event.newValue)) tell("session", {});
});

function accountIn(stored) {
  try {
    return JSON.parse(stored)?.account;
  } catch {
    return undefined;
  }
}
