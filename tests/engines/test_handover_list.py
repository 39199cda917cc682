"""A decoder reads every barcode of the list back, and people read the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files

import pypdfium2
import pytest
import zxingcpp
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from gateway.engines.handover_list import HandoverList
from gateway.services.handover_sheet import HandoverSheet, SheetLine

DPI = 200
KHMER = str(files("reportlab").joinpath("fonts/hb-test.ttf"))
LINE = SheetLine(
    reference="order-1", number="SBX000001-1", piece=1, pieces=1, weight_g=2500, recipient="Kari, 0154 Oslo"
)
SHEET = HandoverSheet(
    manifest_id="man_01JD5FAV0W6RM5D6J1T9V7N3QK",
    account="bring-oslo",
    carrier="bring",
    day=date(2026, 11, 27),
    made_at=datetime(2026, 11, 27, 16, tzinfo=UTC),
    origins=("Store, Dronningens gate 10, 0150 Oslo, NO",),
    shipments=1,
    lines=(LINE,),
)


def pages(sheet: HandoverSheet) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(HandoverList(()).pdf(sheet)))


def read(sheet: HandoverSheet) -> list[tuple[str, str]]:
    return [
        (code.text, code.format.name)
        for page in pages(sheet)
        for code in zxingcpp.read_barcodes(page.render(scale=DPI / 72).to_pil())
    ]


def words(sheet: HandoverSheet) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pages(sheet))


@pytest.mark.parametrize(
    "number", ["SBX000001-1", "00370726201101234567", "1Z999AA10123456784", "LA123456789NO", "a b/C_#", "7"]
)
def test_a_number_is_read_back_as_code_128(number: str) -> None:
    assert read(replace(SHEET, lines=(replace(LINE, number=number),))) == [(number, "Code128")]


@pytest.mark.parametrize("number", ["", "山田", "9" * 100, "line\nfeed"])
def test_a_number_that_no_legible_bars_can_say_has_none_and_breaks_nothing(number: str) -> None:
    sheet = replace(SHEET, lines=(replace(LINE, number=number),))
    assert read(sheet) == []
    assert "order-1" in words(sheet)


def test_a_long_list_has_pages_a_line_for_each_parcel_and_one_place_to_sign() -> None:
    numbers = [f"SBX{number:06}-1" for number in range(40)]
    sheet = replace(SHEET, lines=tuple(replace(LINE, number=number) for number in numbers))
    assert [text for text, _ in read(sheet)] == numbers
    assert len(pages(sheet)) > 1
    told = words(sheet)
    assert told.count("Signature") == 2
    assert "40 parcels, 100.000 kg" in told
    assert "Parcels 40" in told


def test_other_letters_are_set_in_the_fonts_of_our_labels_or_spelt_visibly() -> None:
    khmer = "\u1786\u17d2\u1793\u17b6\u17c6"
    sheet = replace(SHEET, account="ø-山", lines=(replace(LINE, recipient=khmer),))
    told = words(sheet)
    assert "Account ø-‹5C71›" in told
    assert f"‹{ord(khmer[0]):04X}" in told
    (page,) = pypdfium2.PdfDocument(HandoverList((KHMER,)).pdf(sheet))
    assert [each.type for each in page.get_objects()].count(FPDF_PAGEOBJ_IMAGE) == 1


def test_what_does_not_fit_is_cut() -> None:
    (page,) = pages(replace(SHEET, lines=(replace(LINE, reference="x" * 500),)))
    assert 20 < page.get_textpage().get_text_range().count("x") < 60


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert HandoverList(()).pdf(SHEET) == HandoverList(()).pdf(SHEET)


def test_a_shipment_of_several_parcels_says_which_of_them() -> None:
    lines = tuple(replace(LINE, number=f"N{piece}", piece=piece, pieces=2) for piece in (1, 2))
    told = words(replace(SHEET, lines=lines))
    assert "order-1 (1 of 2)" in told
    assert "order-1 (2 of 2)" in told
