"""Saved views: the address is the state; kept, shared, ordered, begun with."""

from __future__ import annotations

import html
import re

import pytest

from gateway.domain.people import Role
from tests.console.world import Person, World


def view_of(page: str, name: str) -> str:
    """The id of the view of that name in the bar over the list."""
    (found,) = re.findall(rf'view=(viw_\w+)[^"]*"[^>]*>{re.escape(name)}\b', page)
    return str(found)


def version_of(page: str) -> str:
    (found, *_) = re.findall(r'name="version" value="(\d+)"', page)
    return str(found)


@pytest.fixture
def operations(world: World) -> Person:
    return world.person(Role.OPERATIONS)


def test_a_view_is_saved_changed_and_kept(support: Person) -> None:
    made = support.post(
        "/shipments/views", q="is:open  carrier:sandbox", cols="status made", density="compact", name="Mine"
    )
    where = made.headers["Location"].removeprefix("/console")
    page = html.unescape(support.see(where))
    assert "The view is saved." in page
    assert 'class="cards listing shipments compact"' in page
    assert '<th scope="col">Promise</th>' not in page
    view = view_of(page, "Mine")
    assert "modified" not in page
    changed = support.see("/shipments", view=view, q="is:open", cols="status made", density="compact")
    assert '<span class="modified">changed</span>' in changed
    assert "Save the change" in changed
    stale = support.post(f"/shipments/views/{view}/keep", q="is:open", version="9")
    assert stale.status_code == 409
    support.post(f"/shipments/views/{view}/keep", q="is:open", version=version_of(changed))
    assert "modified" not in support.see("/shipments", view=view, q="is:open")
    support.post(f"/shipments/views/{view}/drop")
    assert "Mine" not in support.see("/shipments")


def test_tabs_chips_and_pages_keep_the_view(support: Person) -> None:
    page = html.unescape(support.see("/shipments", q="is:open status:delivered", cols="status", size="100"))
    assert 'href="/console/shipments?q=is:open+status:booked,assigned,pickup_in_progress&cols=status&size=100"' in page
    assert 'href="/console/shipments?q=status:delivered&cols=status&size=100"' in page


def test_shared_views_are_everybodys_and_kept_by_few(world: World, support: Person, operations: Person) -> None:
    assert support.post("/shipments/views", name="Ours", shared="on").status_code == 409
    operations.post("/shipments/views", q="promise:missed", name="Late", shared="on")
    view = view_of(support.see("/shipments"), "Late")
    assert support.post(f"/shipments/views/{view}/drop").status_code == 409
    assert "Save the change" not in support.see("/shipments", view=view, q="is:open")
    assert "shared a view" in [each.what for each in world.site.services.staff.audit.list(world.shop.id, None, 3)]
    stranger = world.person(Role.ADMIN, world.stranger)
    assert "Late" not in stranger.see("/shipments/views")
    operations.post(f"/shipments/views/{view}/drop")


def test_views_are_ordered_with_buttons_named_and_begun_with(support: Person) -> None:
    for name in ("One", "Two", "Three"):
        support.post("/shipments/views", q=f"tag:{name}", name=name)
    ids = {name: view_of(support.see("/shipments"), name) for name in ("One", "Two", "Three")}
    support.post(f"/shipments/views/{ids['Three']}/move", to="up")
    support.post(f"/shipments/views/{ids['One']}/move", to="down")
    page = support.see("/shipments/views")
    listed = [each for each in re.findall(r'<li id="(viw_\w+)">', page) if each in ids.values()]
    assert listed == [ids["Three"], ids["One"], ids["Two"]]
    bad = support.post(f"/shipments/views/{ids['One']}", name=" ", version="3")
    assert bad.status_code == 422
    assert support.post("/shipments/views", name="x" * 61).status_code == 422
    support.post(f"/shipments/views/{ids['Two']}/landing")
    assert support.get("/home").headers["Location"] == f"/console/shipments?view={ids['Two']}&q=tag:Two"
    signed_in = support.client.post("/console/sign-in", data={"email": support.email, "password": support.password})
    assert signed_in.headers["Location"] == "/console/home"
    for name in ids.values():
        support.post(f"/shipments/views/{name}/drop")
    assert support.get("/home").headers["Location"] == "/console/"
