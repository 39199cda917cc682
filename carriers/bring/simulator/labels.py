"""Labels that a printer takes: one page of 102 x 152 mm for each package."""

from __future__ import annotations

from carriers.bring.simulator.books import Consignment

# 102 x 152 mm in points of 1/72 inch. Source: ISO 32000-1, default user space.
PAGE = "0 0 288 432"


def pdf(consignment: Consignment) -> bytes:
    """A PDF file. Source: ISO 32000-1, 7.5 (file structure)."""
    texts = [_page(consignment, number) for number in consignment.packages]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(texts)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} /MediaBox [{PAGE}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for place, text in enumerate(texts):
        content = 5 + 2 * place
        page = f"<< /Type /Page /Parent 2 0 R /Contents {content} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
        objects += [page.encode(), b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)]
    return _file(objects)


def _page(consignment: Consignment, package: str) -> bytes:
    recipient = consignment.asked["parties"]["recipient"]
    lines = (
        "BRING (simulated)",
        str(recipient.get("name", "")),
        str(recipient.get("addressLine", "")),
        f"{recipient.get('postalCode', '')} {recipient.get('city', '')}",
        f"Product {consignment.product}",
        f"Consignment {consignment.number}",
        f"Package {package}",
    )
    shown = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
    return f"BT /F 14 Tf 24 TL 20 390 Td {shown} ET".encode("cp1252", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: list[bytes]) -> bytes:
    """The objects, numbered from 1, with the table of where each begins."""
    written, starts = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(written + trailer % (len(objects) + 1, table))
