"""A headless Chromium for tests, one to a process, and axe-core to hold pages against.

Chromium does not come with Python: $CHROMIUM names one, else one is looked for on the PATH, else apt installs it
where it can, else the test fails with the command to type. Nothing but loopback can be reached from it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright

INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--disable-dev-shm-usage",  # containers give it 64 MB
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
AXE = Path(__file__).parent / "axe" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


class NoBrowser(Exception):
    """There is no Chromium to test with; the message says what to type."""


@dataclass(frozen=True, kw_only=True)
class View:
    """How somebody looks at a page."""

    name: str
    width: int
    height: int
    dark: bool = False
    javascript: bool = True


LIGHT, DARK = (View(name=name, width=1280, height=900, dark=name == "dark") for name in ("light", "dark"))
PHONE = View(name="phone", width=360, height=740)
PHONE_DARK = View(name="phone dark", width=360, height=740, dark=True)
VIEWS = (LIGHT, DARK, PHONE, PHONE_DARK)


class Chromium:
    """A running browser. Each page it opens has a context, cookies and storage of its own."""

    def __init__(self, playwright: Playwright) -> None:
        self._browser: Browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))

    @contextmanager
    def page(self, view: View = LIGHT, **context: Any) -> Iterator[Page]:
        """A page as `view` shows it. What the console calls an error when it is closed fails the test: an exception
        of a script, something the content security policy blocked, a file that is not there. `context` is Playwright's
        (`locale`, `timezone_id`, `extra_http_headers`, …).
        """
        made = self._browser.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme="dark" if view.dark else "light",
            java_script_enabled=view.javascript,
            reduced_motion="reduce",
            **context,
        )
        faults: list[tuple[str, str]] = []
        asked: set[str] = set()
        try:
            page = made.new_page()
            page.on("console", lambda message: faults.extend(_fault(message)))
            page.on("pageerror", lambda error: faults.append((str(error), "")))
            page.on("request", lambda request: asked.update(_navigated(request)))
            yield page
        finally:
            made.close()
        faults = [each for each in faults if not (each[1] in asked and "the server responded" in each[0])]
        assert faults == [], faults

    def close(self) -> None:
        self._browser.close()


def _navigated(request: Request) -> list[str]:
    return [urldefrag(request.url).url] if request.is_navigation_request() else []


def _fault(message: ConsoleMessage) -> list[tuple[str, str]]:
    """What went wrong, and with which file: a page may be asked for that is not there; what it loads must be."""
    return [(message.text, urldefrag(str(message.location.get("url"))).url)] if message.type == "error" else []


@contextmanager
def running_chromium() -> Iterator[Chromium]:
    """A running browser. Raises NoBrowser."""
    with sync_playwright() as playwright:
        browser = Chromium(playwright)
        try:
            yield browser
        finally:
            browser.close()


@cache
def axe_source() -> str:
    """The engine, unchanged since it was vendored."""
    read = AXE.read_bytes()
    assert sha256(read).hexdigest() == AXE_SHA256, f"{AXE} is not the file that was published"
    return read.decode()


def violations(page: Page) -> list[str]:
    """What axe-core says against the page as it stands now: `rule: what is wrong: where`, one line for each place."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe_source())  # through the debugger, so the page's own policy stays in force
    found: Mapping[str, Any] = page.evaluate(
        "standards => axe.run(document, {runOnly: {type: 'tag', values: standards}, resultTypes: ['violations']})",
        list(STANDARDS),
    )
    return [
        f"{rule['id']}: {rule['help']}: {node['target'][0]} {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def assert_accessible(browser: Chromium, url: str, **context: Any) -> None:
    """No violation of WCAG 2.0 to 2.2 AA or of axe's best practices, light and dark, desktop and 360 px wide, and
    nothing to scroll sideways (WCAG 1.4.10).
    """
    with browser.page(VIEWS[0], **context) as page:
        page.goto(url)
        for view in VIEWS:  # looked at anew, not loaded anew: axe alone is 650 kB
            shown_at(page, view)
            assert violations(page) == [], f"{url}, {view.name}"
            assert not sideways(page), f"{url}, {view.name}: wider than the screen"


def shown_at(page: Page, view: View) -> None:
    """The same page on another screen."""
    page.set_viewport_size({"width": view.width, "height": view.height})
    page.emulate_media(color_scheme="dark" if view.dark else "light")


def sideways(page: Page) -> bool:
    """Whether the page is wider than the screen."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider


def find_chromium() -> str:
    """The path of a Chromium, installed if need be. Raises NoBrowser."""
    found = os.environ.get("CHROMIUM") or _on_the_path() or _installed()
    if found is None:
        raise NoBrowser(f"the tests need Chromium: sudo {' '.join(INSTALL)} (or set CHROMIUM to one)")
    return found


def _on_the_path() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


def _installed() -> str | None:
    """Chromium by apt, where this user may; one process installs, the others wait for it."""
    if shutil.which("apt-get") is None:
        return None
    with Path("/tmp/doorstep-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _on_the_path()
        before = () if os.geteuid() == 0 else ("sudo", "--non-interactive")
        for command in () if found else (("apt-get", "update"), INSTALL):
            subprocess.run(
                [*before, *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        return _on_the_path()
