"""Somebody's hands on a page: the keyboard alone, and how many things they did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

FURTHEST = 150
"""Presses of Tab after which nobody looks further."""


class Hands:
    """`actions` counts keys and chords pressed, texts typed and files chosen; moving the focus is counted once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def press(self, *keys: str) -> None:
        """One key, or a chord such as g s."""
        self.actions += 1
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.actions += 1
        self.page.keyboard.type(text)

    def reach(self, wanted: str) -> None:
        """Go there by Tab, as whoever has no mouse; on a page just opened, by the link that skips the menu."""
        self.actions += 1
        found = self.page.locator(wanted).first
        found.wait_for()
        if self.page.evaluate("document.activeElement === document.body"):
            self.page.keyboard.press("Tab")
            self.page.keyboard.press("Enter")
        for _ in range(FURTHEST):
            self.page.keyboard.press("Tab")
            if found.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError(f"Tab does not reach {wanted}")

    def push(self, wanted: str) -> None:
        """Go to a button or link and press it."""
        self.reach(wanted)
        self.page.keyboard.press("Enter")

    def choose_file(self, where: str, name: str, content: str) -> None:
        """What happens in the system's own window is not the page's."""
        self.actions += 1
        file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        self.page.locator(where).set_input_files(file)  # type: ignore[arg-type]  # Playwright's FilePayload


@contextmanager
def no_mouse(page: Page) -> Iterator[Hands]:
    """Fails where a pointer was used all the same."""
    pointed: list[str] = []
    page.expose_function("pointed", lambda where: pointed.append(where))
    page.add_init_script("addEventListener('pointerdown', (event) => pointed(event.target.outerHTML), true)")
    yield Hands(page)
    assert pointed == [], "the mouse was used"
