"""What the benchmark of pages asks (B22) is there; how fast, no test says."""

from __future__ import annotations

from tests.bench.pages import pages
from tests.console.world import Person, World, claim_of


def test_every_page_that_is_timed_answers(world: World, admin: Person) -> None:
    claim_of(world)
    for name, path in pages(world.site.services, world.shop.id, world.endpoint_id).items():
        answer = admin.get(path)
        assert answer.status_code in (200, 303), f"{name}: {path}"
