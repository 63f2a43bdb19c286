"""The page: served under its policy, with nothing inline and nothing from elsewhere, and used once in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import WEB
from tests.api.processes import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FILES = sorted(f for f in WEB.rglob("*") if f.is_file())
TEXTS = [f for f in FILES if f.suffix in {".html", ".js", ".css", ".svg"}]
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink"}
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\./[^"']+)["']""")


async def test_the_page_is_served_under_a_policy_that_lets_nothing_else_run(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_everything_that_the_page_refers_to_is_served(http: httpx.AsyncClient) -> None:
    index = (await http.get("/")).text
    wanted = {name for name in re.findall(r'(?:src|href)="([^"#]+)"', index)}
    assert wanted >= {"style.css", "main.js"}
    seen: set[str] = set()
    while wanted:
        seen.add(name := wanted.pop())
        answer = await http.get(f"/{name}")
        assert answer.status_code == 200, name
        if name.endswith(".js"):
            assert "javascript" in answer.headers["content-type"]
            wanted |= {found.removeprefix("./") for found in IMPORT.findall(answer.text)} - seen
    scripts = {f.name for f in FILES if f.suffix == ".js"}
    assert scripts - seen == set(), "scripts that nothing uses"


async def test_only_what_is_in_the_folder_is_served(http: httpx.AsyncClient) -> None:
    for path in ("/server.py", "/../server.py", "/%2e%2e/server.py", "/web/index.html", "/.env", "/var/secret"):
        assert (await http.get(path)).status_code == 404
    assert (await http.post("/", json={})).status_code in {404, 405}


@pytest.mark.parametrize("file", TEXTS, ids=lambda f: f.name)
def test_no_file_names_another_host(file: Path) -> None:
    found = set(re.findall(r"(?:https?:|wss?:)?//[\w-]+(?:\.[\w-]+)+[^\s\"'`)>]*", without_comments(file)))
    assert found - NAMESPACES == set()


def without_comments(file: Path) -> str:
    text = file.read_text()
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE) if file.suffix == ".js" else text


@pytest.mark.parametrize("file", [f for f in TEXTS if f.suffix in {".html", ".svg"}], ids=lambda f: f.name)
def test_markup_holds_no_scripts_styles_or_handlers(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<script[^>]*>\s*[^<\s]", text)
    assert not re.search(r"<style\b|\sstyle\s*=|\son\w+\s*=|javascript:", text, re.IGNORECASE)


@pytest.mark.parametrize("file", [f for f in TEXTS if f.suffix == ".js"], ids=lambda f: f.name)
def test_scripts_never_make_markup_or_code_out_of_text(file: Path) -> None:
    never = r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc|cssText)|setAttribute\(\s*[\"'](?:style|on)"
    assert not re.search(never, file.read_text())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("page")) as server:
        yield server


@contextmanager
def browsing(shop: Server) -> Iterator["Page"]:
    """The page in a small phone, with nobody signed in."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        context = browser.new_context(viewport={"width": 375, "height": 740}, locale="en-US")
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(shop.url)
        yield page
        browser.close()


@pytest.fixture
def page(shop: Server) -> Iterator["Page"]:
    with browsing(shop) as opened:
        yield opened


def test_a_shopper_buys_by_talking_in_a_real_browser(shop: Server, page: "Page") -> None:
    troubles: list[str] = []
    page.on("console", lambda told: troubles.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda raised: troubles.append(str(raised)))
    page.on("request", lambda sent: troubles.append(sent.url) if not sent.url.startswith(shop.url) else None)
    page.reload()

    page.locator("#demo:visible, #demo-here:visible").first.click()
    page.locator("#who", has_text="Ada").wait_for(state="attached")

    say(page, "Show me mugs under $15")
    page.locator(".products .product").first.wait_for()
    page.locator(".answer[aria-busy=false]").wait_for()
    fits(page)
    card = page.locator(".product", has_text="Blue enamel mug").first
    card.get_by_role("button", name="Add").first.click()
    page.locator("#bar-subtotal", has_text="12.99").wait_for()

    say(page, "Check out")
    page.get_by_role("button", name="Place the order").click()
    question = page.locator(".ask")
    question.wait_for()
    terms = question.inner_text()
    assert "Place this order?" in terms
    assert "Blue enamel mug" in terms
    assert "$17.98" in terms
    assert "Ada Lovelace" in terms
    assert "4242" in terms
    fits(page)
    question.get_by_role("button", name="Approve").click()

    receipt = page.locator(".receipt", has_text="DT-")
    receipt.wait_for()
    [number] = set(re.findall(r"DT-\w{4}-\w{4}", receipt.inner_text()))
    fits(page)
    with shop.client() as http:
        order = http.get(f"/v1/orders/{number}").json()
    assert (order["status"], order["lines"][0]["sku"]) == ("paid", "MUG-BLU-350")
    assert page.locator("#bar-subtotal").inner_text() == ""

    page.reload()
    page.locator(".turns", has_text=number).wait_for()
    fits(page)
    assert troubles == []


def test_a_look_at_the_cart_does_not_hide_what_was_added_meanwhile(shop: Server, page: "Page") -> None:
    page.locator("#demo:visible, #demo-here:visible").first.click()
    page.locator("#who", has_text="Ada").wait_for(state="attached")
    say(page, "Show me mugs under $15")
    page.locator(".answer[aria-busy=false]").wait_for()
    held: list[Route] = []
    page.route("**/v1/cart/items", lambda route: held.append(route))
    with page.expect_request("**/v1/cart/items"):
        page.locator(".product", has_text="Blue enamel mug").first.get_by_role("button", name="Add").first.click()
    page.evaluate("import('/basket.js').then((basket) => basket.refreshCart())")
    held[0].continue_()
    page.locator("#bar-subtotal", has_text="12.99").wait_for()


def test_conversations_are_found_renamed_opened_and_deleted(shop: Server, page: "Page") -> None:
    page.locator("#demo:visible, #demo-here:visible").first.click()
    page.locator("#who", has_text="Ada").wait_for(state="attached")
    for words in ("Show me teapots", "Show me lamps"):
        page.locator("#new-thread").click()
        say(page, words)
        page.locator(".answer[aria-busy=false]").wait_for()
    page.locator("#open-threads").click()
    teapots = page.locator(".thread", has_text="Show me teapots")
    teapots.get_by_role("button", name="Rename").click()
    page.locator(".thread-name").fill("A present for Bo")
    page.locator(".thread-name").press("Enter")
    page.locator(".thread", has_text="A present for Bo").wait_for()
    fits(page)
    page.locator("#thread-query").fill("teapots")
    page.locator(".thread", has_text="Show me lamps").wait_for(state="detached")
    page.locator("#thread-query").fill("nothing like this")
    page.locator("#thread-list", has_text="No conversation holds these words.").wait_for()
    page.locator("#thread-query").fill("")
    page.locator(".thread-open", has_text="A present for Bo").click()
    page.locator(".said-text", has_text="Show me teapots").wait_for()
    page.locator("#open-threads").click()
    gone = page.locator(".thread", has_text="Show me lamps")
    gone.get_by_role("button", name="Delete").click()
    gone.get_by_role("button", name="Delete?").click()
    gone.wait_for(state="detached")
    with shop.client() as http:
        titles = [t["title"] for t in http.get("/v1/chat/threads").json()["items"]]
    assert "A present for Bo" in titles
    assert "Show me lamps" not in titles


def test_what_is_remembered_is_shown_and_forgotten_and_other_devices_are_signed_out(shop: Server, page: "Page") -> None:
    page.locator("#demo:visible, #demo-here:visible").first.click()
    page.locator("#who", has_text="Ada").wait_for(state="attached")
    say(page, "Please remember that I wear size M")
    page.locator(".answer[aria-busy=false]").wait_for()
    with shop.client() as http:
        page.locator("#open-account").click()
        wish = page.locator(".removable", has_text="size M")
        wish.wait_for()
        page.locator(".removable .badge", has_text="this one").wait_for()
        fits(page)
        wish.get_by_role("button", name="Forget").click()
        wish.wait_for(state="detached")
        assert http.get("/v1/preferences").json()["items"] == []
        devices = page.locator(".removable")
        while (held := devices.count()) > 1:
            devices.get_by_role("button", name="Sign out").first.click()
            page.wait_for_function(
                "held => document.querySelectorAll('.removable').length < held", arg=held, timeout=15_000
            )
        assert http.get("/v1/account").status_code == 401
    assert devices.count() == 1


def test_a_link_leads_to_a_conversation_also_after_signing_in(shop: Server, page: "Page") -> None:
    with shop.client() as http:
        thread = http.post("/v1/chat/threads", json={}).json()["thread"]
        http.post(f"/v1/chat/threads/{thread}/turns", json={"text": "Show me desk lamps"})
    page.goto(f"{shop.url}/?thread={thread}")
    page.locator("#demo:visible, #demo-here:visible").first.click()
    page.locator(".said-text", has_text="Show me desk lamps").wait_for()
    assert page.url == f"{shop.url}/"
    page.goto(f"{shop.url}/?thread={thread}")
    page.locator(".said-text", has_text="Show me desk lamps").wait_for()


def say(page: "Page", words: str) -> None:
    page.locator("#words").fill(words)
    page.locator("#words").press("Enter")


def fits(page: "Page") -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.querySelector('#scroller').scrollWidth <= window.innerWidth")
