"""Labels and lists of the simulator: a page of text as PDF, or ZPL. Source: ISO 32000-1, 7.5 (file structure)."""

from __future__ import annotations

from collections.abc import Sequence

from carriers.canadapost.simulator.parcels import Parcel

# 4 x 6 inches in points of 1/72 inch.
PAGE = b"0 0 288 432"


def label(parcel: Parcel) -> tuple[bytes, str]:
    """The label in the encoding that was ordered, and its media type."""
    spec = parcel.order["deliverySpec"]
    there = spec["destination"]["addressDetails"]
    lines = ("CANADA POST (simulated)", spec["serviceCode"], parcel.pin, there["addressLine1"], there["postalZipCode"])
    if spec["printPreferences"]["encoding"] == "ZPL":
        fields = "".join(f"^FO40,{40 + 50 * row}^A0N,40^FD{line}^FS" for row, line in enumerate(lines))
        return f"^XA{fields}^XZ".encode(), "application/zpl"
    return pdf(lines), "application/pdf"


def pdf(lines: Sequence[str]) -> bytes:
    """One page of 4 x 6 inches with lines of text."""
    shown = b" ".join(b"(%s) Tj T*" % line.encode("cp1252", "replace").translate(None, b"\\()") for line in lines)
    text = b"BT /F 14 Tf 24 TL 20 390 Td %s ET" % shown
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 /MediaBox [%s] >>" % PAGE,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F 3 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    written, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + head + table + end
