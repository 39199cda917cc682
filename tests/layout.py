"""What a person sees of a page: whether words are cut off, and whether the focus is behind something that sticks."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser import View

ZOOMED = View(name="zoomed", width=640, height=450)
"""A desktop of 1280 x 900 at 200 %. Source: WCAG 2.2, 1.4.4, and how browsers zoom: pixels of the page get larger."""
NARROWEST = View(name="320 px", width=320, height=640)
"""Source: WCAG 2.2, 1.4.10."""

CUT = """
() => {
  const said = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const width = document.documentElement.clientWidth, range = document.createRange();
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    if (!text.data.trim() || !text.parentElement.checkVisibility({ visibilityProperty: true })) continue;
    if (text.parentElement.closest(".skip, [title], option")) continue;
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    let around = text.parentElement, frame = { left: 0, right: width, bottom: Infinity };
    for (; around; around = around.parentElement) {
      const style = getComputedStyle(around), flows = style.overflowX + style.overflowY;
      if (/auto|scroll/.test(flows) || style.clipPath !== "none") break;  // to be scrolled, or only for who listens
      if (/hidden|clip/.test(flows)) { frame = around.getBoundingClientRect(); around = null; break; }
    }
    if (!around && (box.right > frame.right + 1 || box.left < frame.left - 1 || box.bottom > frame.bottom + 1))
      said.add(text.data.trim().slice(0, 60));
  }
  return [...said];
}
"""

COVERED = """
() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const all = [...document.querySelectorAll(wanted)].filter(
    (each) => !each.disabled && each.tabIndex >= 0 && !each.closest(".skip") &&
      each.checkVisibility({ visibilityProperty: true }));
  const seen = (each) => {
    const inside = [0.5, 0.15, 0.85].flatMap((x) => [0.5, 0.15, 0.85].map((y) => [x, y]));
    return [...each.getClientRects()].some((box) => inside.some(([x, y]) => {
      const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return each.contains(top) || top?.closest("label")?.control === each;
    }));
  };
  const head = (each) => each?.outerHTML.slice(0, 160) ?? "the end of the window";
  const over = (each) => {
    const box = each.getBoundingClientRect();
    return document.elementFromPoint(box.x + 4, box.y + 4);
  };
  const hidden = new Set();
  for (const each of all.reverse()) {
    each.focus();
    if (document.activeElement === each && !seen(each)) hidden.add(`${head(each)} behind ${head(over(each))}`);
  }
  document.activeElement?.blur();
  scrollTo(0, 0);
  return [...hidden];
}
"""


def cut(page: Page) -> list[str]:
    """Words of which a part is outside of the box that shows them, with no way to scroll there and no title to read."""
    found: list[str] = page.evaluate(CUT)
    return found


def covered(page: Page) -> list[str]:
    """Controls that nobody sees when the keyboard gets there, from the last to the first: what sticks is at the top.

    Source: WCAG 2.2, 2.4.11, focus not obscured (minimum): not entirely hidden.
    """
    found: list[str] = page.evaluate(COVERED)
    return found
