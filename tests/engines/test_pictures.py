"""What is made anew and what is refused, and that no picture harms the process that takes it in."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from gateway.domain.proof_files import PictureKind
from gateway.engines.labels import LabelPress
from gateway.engines.pictures import PictureProcess
from gateway.engines.pictures.making import Refused, made_anew
from gateway.services.ports.proofs import PictureRefused
from tests.pictures import HEIC, SVG, bomb, moving, photo, telling_photo

REFUSED: dict[str, tuple[bytes, str]] = {
    "HEIC": (HEIC, "heic"),
    "SVG": (SVG, "svg"),
    "SVG behind a mark": (b"\xef\xbb\xbf\n" + SVG, "svg"),
    "HTML": (b"<html></html>", "svg"),
    "a bomb": (bomb(60_000), "too_many_pixels"),
    "a smaller bomb": (bomb(9_000), "too_many_pixels"),
    "a JPEG cut off": (photo((800, 600))[:3000], "broken"),
    "a PNG cut off": (photo((800, 600), form="PNG")[:-40], "broken"),
    "a moving PNG": (moving("PNG"), "animated"),
    "a moving WebP": (moving("WEBP"), "animated"),
    "a moving GIF": (moving("GIF"), "animated"),
    "a PDF": (b"%PDF-1.7\n" + b"0" * 100, "document"),
    "nothing": (b"", "empty"),
    "text": (b"hello", "no_picture"),
    "TIFF": (photo(form="TIFF"), "no_picture"),
    "a script that begins as a GIF": (b"GIF89a/*<script>alert(1)</script>*/", "no_picture"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_picture_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        made_anew(content, "photo", documents=False)
    assert refused.value.reason == reason
    assert len(str(refused.value)) > 15


def test_a_photo_is_upright_small_and_says_nothing() -> None:
    told, content = made_anew(telling_photo(), "photo", documents=False)
    assert told == {"media_type": "image/jpeg", "width": 300, "height": 400, "was": "image/jpeg"}
    assert b"canary" not in content.lower()
    assert b"Exif" not in content


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_gets_1600_pixels(form: str) -> None:
    told, content = made_anew(photo((3200, 1000), form=form), "photo", documents=False)
    assert (told["width"], told["height"], told["was"]) == (1600, 500, f"image/{form.lower()}")
    with Image.open(BytesIO(content)) as image:
        assert image.format == "JPEG"


def test_ink_on_nothing_becomes_ink_on_white() -> None:
    drawn = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    drawn.paste((0, 0, 0, 255), (10, 10, 20, 20))
    out = BytesIO()
    drawn.save(out, "PNG")
    told, content = made_anew(out.getvalue(), "signature", documents=False)
    with Image.open(BytesIO(content)) as image:
        assert (told["media_type"], image.mode, image.getpixel((50, 40)), image.getpixel((15, 15))) == (
            "image/png",
            "L",
            255,
            0,
        )


def test_a_carriers_document_becomes_a_picture_of_its_first_page() -> None:
    page = LabelPress(()).merge([], [("shp_1", "signed")])
    told, content = made_anew(page, "signature", documents=True)
    assert told["was"] == "application/pdf"
    assert content.startswith(b"\x89PNG")
    with pytest.raises(Refused, match="broken"):
        made_anew(b"%PDF-1.7\n" + b"0" * 100, "signature", documents=True)


def test_it_happens_in_another_process_whose_end_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = PictureProcess()
    made = maker.made_anew(telling_photo(), PictureKind.PHOTO, documents=False)
    assert (made.media_type, made.width, made.height, made.content[:2]) == ("image/jpeg", 300, 400, b"\xff\xd8")
    with pytest.raises(PictureRefused, match="HEIC") as refused:
        maker.made_anew(HEIC, PictureKind.PHOTO, documents=False)
    assert refused.value.reason == "heic"
    monkeypatch.setattr("gateway.engines.pictures.LONGEST_S", 0.001)
    with pytest.raises(PictureRefused, match="gigabyte"):
        maker.made_anew(photo(), PictureKind.PHOTO, documents=False)
