"""The list as a file: masked, of one merchant, and never a formula."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from gateway.console.export import COLUMNS, safe
from tests.console.test_hostile import HOSTILE
from tests.console.world import Person, World

DANGEROUS = "=+-@\t\r\0\uff1d\uff0b\uff0d\uff20"


@given(st.one_of(st.text(), st.text(alphabet=DANGEROUS + " \"'\u00a0ab"), st.sampled_from(HOSTILE)))
def test_no_cell_is_a_formula_and_nothing_else_is_changed(text: str) -> None:
    cell = safe(text)
    assert cell.lstrip(' \n"')[:1] not in tuple(DANGEROUS) or cell[:1] == "'"
    assert cell.removeprefix("'") == text or cell == text


def test_what_the_search_finds_is_exported_masked_and_written_down(world: World, support: Person) -> None:
    answer = support.get("/shipments.csv", q="4417 is:open")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shipments.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["reference"] for row in rows} >= {"nett-2001"}
    assert {row["recipient"] for row in rows} == {"Kari N."}
    assert "Bogstadveien" not in answer.text
    last = world.site.services.staff.audit.list(world.shop.id, None, 1)[0]
    assert last.what == "exported shipments"
    assert last.reason.endswith("“4417 is:open”")


def test_what_is_not_understood_is_not_exported(support: Person) -> None:
    answer = support.get("/shipments.csv", q="status:deliverd")
    assert answer.status_code == 422
    assert "Did you mean status:delivered?" in answer.text
