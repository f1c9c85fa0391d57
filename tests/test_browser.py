"""The page in a real browser: ask, read the paragraph, open its context, follow a shared link.

Needs Chromium and its driver: `apt-get install chromium chromium-driver`. Where there is none these tests
fail and say so, unless REPORTSEARCH_NO_BROWSER=1 asks for them to be skipped.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from index import build_index
from ui.phrases import AR, ZH

ROOT = Path(__file__).parents[1]
ENERGY = "首脑会议为实现可持续能源确定了哪几个重点领域？"
DEBATES = "怎样让大会的辩论更有互动性？"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT = 40

Browser = webdriver.Chrome
Found = TypeVar("Found")


def programs() -> tuple[str, str]:
    """Return the paths of a browser and its driver; fail, or skip where that was asked for."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    if os.environ.get("REPORTSEARCH_NO_BROWSER") == "1":
        pytest.skip("REPORTSEARCH_NO_BROWSER=1: the page was not tested in a browser")
    missing = " and ".join(n for n, found in (("Chromium", browser), ("chromedriver", driver)) if not found)
    pytest.fail(f"{missing} not found; install: apt-get install chromium chromium-driver", pytrace=False)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    programs()
    index = tmp_path_factory.mktemp("browser") / "index"
    build_index(sorted((ROOT / "seeds").glob("*.txt")), index)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "ui", "--index", str(index), "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGTERM)


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = started()
    yield browser
    browser.quit()


def started(width: int = 1280, height: int = 900) -> Browser:
    program, driver = programs()
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--lang=zh-CN"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = Browser(options=options, service=webdriver.ChromeService(driver))
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    return browser


def until(browser: Browser, found: Callable[[], Found], what: str) -> Found:
    return WebDriverWait(browser, WAIT, ignored_exceptions=(Exception,)).until(lambda _: found(), f"never saw {what}")


def shown(browser: Browser, selector: str, number: int = 0) -> str:
    """Return the text of the n-th element that fits, once it is there and stands still."""
    return until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, selector)[number].text, f"{selector} {number}")


def press(browser: Browser, label: str) -> None:
    path = f"//button[.//*[normalize-space()='{label}'] or normalize-space()='{label}']"
    until(browser, lambda: browser.find_element(By.XPATH, path), label)
    until(browser, lambda: browser.find_element(By.XPATH, path).click() is None, label)


def ask(browser: Browser, question: str) -> None:
    shown(browser, ".rs-collection")  # the page stands still: what is typed stays
    box = until(browser, lambda: browser.find_element(By.CSS_SELECTOR, ".st-key-q input"), "the question box")
    box.send_keys(question, Keys.ENTER)
    until(browser, lambda: quote(question) in browser.current_url, "the question in the address")
    shown(browser, "article.rs-hit")


def test_a_typed_question_shows_the_paragraph_and_its_context(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?ui=zh")
    ask(browser, ENERGY)
    chips = [shown(browser, "article .rs-chip", number) for number in range(3)]
    assert any("17" in chip for chip in chips), chips
    assert browser.find_elements(By.CSS_SELECTOR, "article mark.rs-lexical")
    press(browser, ZH.context)
    assert ZH.this_passage in shown(browser, ".rs-neighbour.rs-this")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".rs-neighbour")) >= 3


def test_a_shared_link_shows_the_same_hits_to_somebody_else(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?ui=zh")
    ask(browser, DEBATES)
    first, link = shown(browser, "article .rs-chip"), browser.current_url
    other = started(390, 844)
    try:
        other.get(link)
        assert shown(other, "article .rs-chip") == first
        box = ".st-key-q input"
        asked = until(other, lambda: other.find_element(By.CSS_SELECTOR, box).get_attribute("value"), "the question")
        assert asked == DEBATES
    finally:
        other.quit()


def test_the_browser_s_back_returns_to_the_search_before(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?ui=zh")
    press(browser, DEBATES)
    shown(browser, "article.rs-hit")
    browser.back()
    until(browser, lambda: not browser.find_elements(By.CSS_SELECTOR, "article.rs-hit"), "the first page again")
    assert ZH.examples in browser.page_source


def test_without_a_good_answer_the_closest_are_one_press_away(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?q={quote('怎么做红烧肉？')}&ui=zh")
    assert ZH.no_answer in shown(browser, ".rs-state")
    press(browser, ZH.closest)
    shown(browser, "article.rs-hit")
    assert "closest=1" in browser.current_url


def test_the_page_fits_a_phone_in_every_language(address: str) -> None:
    phone = started(390, 844)
    try:
        for language in ("zh", "en", "fr", "es", "ru", "ar"):
            phone.get(f"{address}/?q={quote(DEBATES)}&ui={language}")
            shown(phone, "article.rs-hit")
            wide = phone.execute_script("return document.querySelector('[data-testid=stMain]').scrollWidth")
            assert wide <= 390, language
    finally:
        phone.quit()


def test_arabic_runs_right_to_left_and_passages_do_not(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?q={quote(DEBATES)}&ui=ar")
    assert shown(browser, "[data-testid=stFormSubmitButton] button") == AR.search
    shown(browser, "article.rs-hit")
    direction = "return getComputedStyle(document.querySelector(arguments[0])).direction"
    assert browser.execute_script(direction, ".rs-why") == "rtl"
    assert browser.execute_script(direction, ".rs-passage") == "ltr"


def test_markup_in_a_question_runs_nothing(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?ui=zh&closest=1&q={quote('<img src=x onerror=window.hurt=1>')}")
    shown(browser, ".rs-masthead")
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "article.rs-hit, .rs-state"), "an outcome")
    assert browser.execute_script("return window.hurt === undefined")


def test_the_page_speaks_to_nobody_but_its_own_server(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?q={quote(ENERGY)}&ui=zh")
    shown(browser, "article.rs-hit")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")]
    urls = [params.get("url") or params["request"]["url"] for params in sent]
    hosts = {urlsplit(url).hostname for url in urls if urlsplit(url).scheme not in ("data", "blob", "chrome")}
    assert hosts == {"127.0.0.1"}


def test_no_toolbar_and_no_deploy_button_are_shown(address: str, browser: Browser) -> None:
    browser.get(f"{address}/?ui=zh")
    shown(browser, ".rs-masthead")
    for selector in ("[data-testid=stAppDeployButton]", "[data-testid=stMainMenu]", "[data-testid=stStatusWidget]"):
        assert not [e for e in browser.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()], selector
