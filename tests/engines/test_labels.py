"""Our own labels: what a scanner reads back, what a printer is told, what is done with letters it has not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import BookingRef, Label, LabelKind, Shipment, ShipmentState
from gateway.domain.values import Address, Money, Parcel, Requirements
from gateway.engines.labels import LabelPress
from gateway.engines.labels.words import Typesetter
from gateway.services.labels import Unprintable, is_whole

NUMBER = "OFABCDEFGHIJKLMNOP"
# Followed at carriers whose own ids change, and as long as any of ours.
TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"
KHMER = str(files("reportlab").joinpath("fonts/hb-test.ttf"))
"""Noto Sans Khmer, the letters of one word: it comes with reportlab, for its own tests."""

YEAR = "ឆ្នាំ"
COMMANDS = {"XA", "XZ", "CI", "PW", "LL", "LH", "FO", "A0", "FH", "FD", "FS", "GB", "GF", "BY", "BC", "BQ"}
HOSTILE = ("^FS^XZ^XA^FO0,0^FDfree^FS", "~JR~DGR:A,1,1,FF", "_5EXA \\& ^^^", "a\u202eb\u0000c\u200f", "^FH_^FD>;>8")


def booked(parcels: int = 1, number: str = NUMBER, own: tuple[str, ...] = (), **to: str) -> ShipmentRecord:
    """A booked shipment; `own` are the parcels' own numbers."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    place = {"name": "Kari Nordmann", "street1": "Karl Johans gate 1", "city": "Oslo", "postal_code": "0154"}
    return ShipmentRecord(
        id="shp_1",
        merchant_id="mer_1",
        mode="test",
        state=ShipmentState.BOOKED,
        policy="default",
        account="own-fleet",
        tracking_number=number,
        booking=BookingRef(carrier_reference="b1", tracking_number=number, parcel_numbers=own),
        created_at=now,
        updated_at=now,
        shipment=Shipment(
            origin=Address(country="NO", postal_code="0150", name="Store", street1="Dronningens gate 10", city="Oslo"),
            destination=Address(country="NO", **{**place, **to}),
            parcels=tuple(Parcel(weight_g=2500) for _ in range(parcels)),
            reference="order-1042",
            requirements=Requirements(signature=True, min_age=18, cash_on_delivery=Money(Decimal("499.00"), "NOK")),
        ),
    )


def codes(png: bytes) -> list[tuple[str, str]]:
    """What a scanner reads, from above."""
    found = zxingcpp.read_barcodes(Image.open(BytesIO(png)))
    return [(code.format.name, code.text) for code in sorted(found, key=lambda each: each.position.top_left.y)]


def drawn(record: ShipmentRecord, kind: LabelKind, *fonts: str) -> bytes:
    label = LabelPress(fonts).draw(record, kind)
    assert is_whole(label)
    return label.content


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def fields(zpl: bytes) -> list[str]:
    """What a printer would print of each ^FD with ^FH."""
    data = re.findall(r"\^FH\^FD([^^]*)\^FS", zpl.decode("ascii"))
    return [
        re.sub(rb"_([0-9A-F]{2})", lambda two: bytes.fromhex(two[1].decode()), each.encode()).decode() for each in data
    ]


def graphics(zpl: bytes) -> list[Image.Image]:
    """The pictures of ^GFA fields."""
    found = re.findall(r"\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS", zpl.decode("ascii"))
    for total, again, stride, dots in found:
        assert total == again == str(len(dots) // 2)
        assert int(total) % int(stride) == 0
    sizes = [(int(stride) * 8, int(total) // int(stride)) for total, _, stride, _ in found]
    return [
        Image.frombytes("1", size, bytes.fromhex(dots), "raw", "1;I").convert("L")
        for size, (_, _, _, dots) in zip(sizes, found, strict=True)
    ]


@pytest.mark.parametrize(
    "number", [NUMBER, "0" * 20, "12345678901234567890123456789012", "A-1/2.3 B", TENDER, "a*b+c:d#e=f"]
)
def test_a_scanner_reads_both_codes_back(number: str) -> None:
    found = codes(drawn(booked(number=number), LabelKind.PNG))
    assert sorted(found) == [("Code128", number), ("QRCode", number)]
    assert b"^BCN" in drawn(booked(number=number), LabelKind.ZPL)


@pytest.mark.parametrize("number", ["x" * 60, "é^~_>8", "OF>;1"])
def test_a_number_that_bars_cannot_hold_is_in_the_square_code_and_in_words(number: str) -> None:
    record = booked(number=number)
    assert codes(drawn(record, LabelKind.PNG)) == [("QRCode", number)]
    assert number in words(drawn(record, LabelKind.PDF)).replace("\n", "")
    zpl = drawn(record, LabelKind.ZPL)
    assert f"MA,{number}" not in zpl.decode() or number.isalnum()
    assert b"^BC" not in zpl


def test_each_parcel_has_its_label() -> None:
    record = booked(parcels=3)
    pages = PdfReader(BytesIO(drawn(record, LabelKind.PDF))).pages
    assert [f"{n}/3" in page.extract_text() for n, page in enumerate(pages, start=1)] == [True] * 3
    assert {tuple(map(round, page.mediabox[2:])) for page in pages} == {(288, 432)}
    found = codes(drawn(record, LabelKind.PNG))
    assert sorted(found) == [("Code128", NUMBER)] * 3 + [("QRCode", f"{NUMBER}/{n}") for n in (1, 2, 3)]
    assert drawn(record, LabelKind.ZPL).count(b"^XA") == 3
    own = ("P1", "P2", "P3")
    assert {text for _, text in codes(drawn(booked(parcels=3, own=own), LabelKind.PNG))} == set(own)


def test_everything_that_a_courier_needs_is_said() -> None:
    to = {
        "company": "Fjord AS",
        "street2": "3. etg.",
        "subdivision": "03",
        "phone": "+4798888888",
        "instructions": "Ring",
    }
    record = booked(**to)
    said = words(drawn(record, LabelKind.PDF))
    lines = ["Kari Nordmann", "Fjord AS", "Karl Johans gate 1", "3. etg.", "0154 Oslo", "03", "NO", "+4798888888"]
    for text in (
        *lines,
        "2.5 kg",
        "order-1042",
        "COLLECT 499.00 NOK",
        "AGE 18+",
        "SIGNATURE",
        "Ring",
        "Store",
        NUMBER,
        "1/1",
    ):
        assert text in said
        assert any(text in field for field in fields(drawn(record, LabelKind.ZPL)))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_written_by_people_is_a_command(name: str) -> None:
    record = booked(name=name, company=name, street2=name, instructions=name)
    zpl = drawn(record, LabelKind.ZPL).decode("ascii")
    assert "~" not in zpl
    assert set(re.findall(r"\^(..)", zpl)) <= COMMANDS
    assert (zpl.count("^XA"), zpl.count("^XZ"), zpl.count("^FO")) == (1, 1, zpl.count("^FS"))
    shown = "".join(letter for letter in name if letter.isprintable())
    assert shown in fields(zpl.encode())
    assert ("Code128", NUMBER) in codes(drawn(record, LabelKind.PNG))
    assert shown in words(drawn(record, LabelKind.PDF))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("山田 太郎", "‹5C71 7530› ‹592A 90CE›"),
        ("ヤマダ", "‹YAMADA›"),
        ("강남", "‹GANGNAM›"),
        ("😀 Kari", "‹:grinning face:› Kari"),
        ("Łukasz Ñandú ﬁne", "Łukasz Ñandú ﬁne"),
        ("Nguyễn Ｋａｒｉ", "Nguy‹e›n ‹Kari›"),
        ("שלום", "‹05E9 05DC 05D5 05DD›"),
        ("e\u0301", "é"),
    ],
)
def test_letters_that_no_font_has_are_written_otherwise_and_it_says_so(text: str, written: str) -> None:
    record = booked(name=text)
    assert Typesetter(()).clean(text) == written
    said = words(drawn(record, LabelKind.PDF))
    assert written in said
    assert ("‹…› stands for letters that no font here has" in said) is ("‹" in written)
    assert written in fields(drawn(record, LabelKind.ZPL))


def test_other_letters_are_set_joined_and_printed_as_dots() -> None:
    typesetter = Typesetter((KHMER,))
    assert typesetter.clean(YEAR) == YEAR
    alone = sum(typesetter.width(letter, 40) for letter in YEAR)
    assert 0 < typesetter.width(YEAR, 40) < alone, "its five signs stand in and under each other"
    record = booked(name=YEAR)
    (picture,) = graphics(drawn(record, LabelKind.ZPL, KHMER))
    black = picture.point(lambda shade: 255 - shade).getbbox()
    assert black is not None
    assert black[2] - black[0] > 30
    assert "‹" not in words(drawn(record, LabelKind.PDF, KHMER))
    png = Image.open(BytesIO(drawn(record, LabelKind.PNG, KHMER)))
    (top,) = map(int, re.findall(rb"\^FO24,(\d+)\^GFA", drawn(record, LabelKind.ZPL, KHMER)))
    line = png.crop((24, top, 24 + picture.width, top + picture.height)).convert("L")
    edges = zip(line.point(lambda shade: 255 * (shade < 128)).getbbox() or (), black, strict=True)
    assert all(abs(one - other) <= 1 for one, other in edges), "the printer's dots and the PDF's are the same word"
    assert len(codes(drawn(record, LabelKind.PNG, KHMER))) == 2


def test_a_file_that_is_no_font_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(b"no font")
    assert Typesetter((f"{tmp_path}/*.ttf", f"{tmp_path}/none*", KHMER)).clean(YEAR) == YEAR


def test_an_address_of_eight_long_lines_is_all_there() -> None:
    long = {name: f"{name} {'Lang Strasse ' * 7}end" for name in ("name", "company", "street1", "street2", "city")}
    record = booked(**long, subdivision="AA", phone="+4798888888")
    said = words(drawn(record, LabelKind.PDF))
    assert said.count("end") == 5
    assert "+4798888888" in said
    assert "…" not in said
    beyond = words(drawn(booked(**{name: "W" * 400 for name in long}), LabelKind.PDF))
    assert "…" in beyond
    assert ("Code128", NUMBER) in codes(drawn(booked(**{name: "W" * 400 for name in long}), LabelKind.PNG))


def test_the_same_shipment_is_the_same_bytes() -> None:
    for kind in LabelKind:
        assert drawn(booked(), kind) == drawn(booked(), kind)


def pdf(width: float, height: float, pages: int = 1, text: str = "Label") -> bytes:
    file = BytesIO()
    canvas = Canvas(file, pagesize=(width, height))
    for page in range(pages):
        canvas.drawString(20, 20, f"{text} {page}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def test_a_pdf_as_a_graphic_field_is_the_very_picture() -> None:
    press = LabelPress(())
    made = press.draw(booked(parcels=2), LabelKind.PDF)
    zpl = press.convert(made, LabelKind.ZPL)
    assert is_whole(zpl)
    pictures = graphics(zpl.content)
    assert [picture.size for picture in pictures] == [(816, 1218)] * 2, "rows are whole bytes"
    for n, picture in enumerate(pictures, start=1):
        file = BytesIO()
        picture.save(file, "PNG")
        assert sorted(codes(file.getvalue())) == [("Code128", NUMBER), ("QRCode", f"{NUMBER}/{n}")]
        assert picture.getpixel((815, 600)) == 255, "the bits beyond the edge are white"


def test_what_no_label_printer_takes_is_refused() -> None:
    press = LabelPress(())
    a4 = Label(kind=LabelKind.PDF, content=pdf(595, 842))
    with pytest.raises(Unprintable, match=r"8\.3 inches wide"):
        press.convert(a4, LabelKind.ZPL)
    assert Image.open(BytesIO(press.convert(a4, LabelKind.PNG).content)).size == (1678, 2374)
    for content in (pdf(14000, 14000), pdf(288, 432, 60), b"%PDF-1.4 torn %%EOF", b""):
        for kind in (LabelKind.PNG, LabelKind.ZPL):
            with pytest.raises(Unprintable):
                press.convert(Label(kind=LabelKind.PDF, content=content), kind)


def test_a_batch_keeps_order_and_sizes_and_names_what_is_missing() -> None:
    press = LabelPress(())
    missing = [
        ("shp_9", "a shipment in state failed has no label ^ 山"),
        *((f"shp_{n}", "why " * 20) for n in range(30)),
    ]
    merged = press.merge([("shp_1", pdf(595, 842, text="A4")), ("shp_2", pdf(288, 432, 2, "small"))], missing)
    pages = PdfReader(BytesIO(merged)).pages
    sizes = [tuple(map(round, page.mediabox[2:])) for page in pages]
    assert sizes == [(595, 842), *[(288, 432)] * (len(pages) - 1)]
    assert [page.extract_text().strip() for page in pages[:3]] == ["A4 0", "small 0", "small 1"]
    told = "\n".join(page.extract_text() for page in pages[3:])
    assert "NO LABEL: 31 missing" in told
    assert all(f"{shipment_id}:" in told for shipment_id, _ in missing)
    assert len(PdfReader(BytesIO(press.merge([("shp_1", pdf(288, 432))], []))).pages) == 1


def test_a_pdf_that_cannot_be_merged_is_known_before() -> None:
    press = LabelPress(())
    locked = PdfWriter(BytesIO(pdf(288, 432)))
    locked.encrypt("secret")
    file = BytesIO()
    locked.write(file)
    for content in (file.getvalue(), b"%PDF-1.4 torn %%EOF", b"", pdf(288, 432)[:400]):
        assert not press.readable(content)
        with pytest.raises(Unprintable, match="shp_1"):
            press.merge([("shp_1", content)], [])
    assert press.readable(pdf(288, 432))


def test_fewer_parcel_numbers_than_parcels_are_no_parcels_numbers() -> None:
    found = sorted(codes(drawn(booked(parcels=2, own=("P1",)), LabelKind.PNG)))
    assert found == [("Code128", NUMBER)] * 2 + [("QRCode", f"{NUMBER}/1"), ("QRCode", f"{NUMBER}/2")]
