"""The list as a file: masked, of one merchant, and never a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.console import export
from gateway.console.export import COLUMNS
from gateway.console.sheets import safe
from gateway.engines.workbooks import CalamineWorkbooks
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


def test_a_file_that_does_not_hold_all_says_so(world: World, support: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST", 3)
    answer = support.get("/shipments.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shipments-newest-3.csv"'
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert rows[-1][0].startswith("Not all: there are more, and only the newest 3 are in this file")
    assert "not all" in world.site.services.staff.audit.list(world.shop.id, None, 1)[0].reason
    monkeypatch.setattr(export, "MOST_NAMED", 1)
    narrowed = support.get("/shipments.csv", q="4417 is:open")
    assert "the newest 1 of them were looked through" in narrowed.text
    book = CalamineWorkbooks().read(support.get("/shipments.xlsx", q="4417").data)
    assert tuple(book.rows[0]) == COLUMNS
