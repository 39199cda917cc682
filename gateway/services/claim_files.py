"""Files that speak for a claim: pictures made anew, and PDFs that are kept as they came and opened by nobody here.

Their bytes lie in the file store before the claim names them, under a name made of their content, so that a crash in
between leaves nothing that is missed. They are erased with the people of the shipment (`gateway.services.privacy`),
which waits while a claim is open or lies with the carrier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gateway.domain.claims import Claim, Evidence, EvidenceFile
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unavailable, Unprocessable
from gateway.domain.people import User
from gateway.domain.proof_files import PictureKind
from gateway.services.audit_trail import AuditTrail, Deed
from gateway.services.claims import ClaimBook
from gateway.services.ids import new_id
from gateway.services.ports import Mode
from gateway.services.ports.proofs import FileStore, PictureMaker, PictureRefused
from gateway.services.proof_intake import digest

LARGEST_BYTES = 10 << 20
"""Source: the document on security, section 8."""
PDF = (b"%PDF-", b"%%EOF")
"""How one begins, and what stands near its end. Source: ISO 32000-2, 7.5.2 and 7.5.5."""
NEAR_THE_END = 2048
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SentFile:
    """What somebody sent, and what they call it."""

    content: bytes
    name: str


class ClaimFiles:
    """Takes files in and shows them."""

    def __init__(
        self, claims: ClaimBook, files: FileStore, maker: PictureMaker, audit: AuditTrail, clock: Clock
    ) -> None:
        self._claims = claims
        self._files = files
        self._maker = maker
        self._audit = audit
        self._clock = clock

    def add(
        self, by: User, mode: Mode, claim_id: str, evidence: tuple[str, str], sent: SentFile, version: int | None
    ) -> Claim:
        """One more thing that speaks for a claim: its kind, what it shows ("" is the file's name), and the file.

        Raises:
            NotFound: no such claim.
            Conflict: it is closed, full, has this very file already, or was changed since.
            Unprocessable: the file is none that we take.
            Unavailable: the file store does not answer; nothing was kept.
        """
        claim = self._claims.get(by.merchant_id, mode, claim_id)
        content, media_type = self._taken(sent.content)
        kind, text = evidence
        file = EvidenceFile(
            id=new_id("evf", self._clock()),
            name=_named(sent.name),
            media_type=media_type,
            size_bytes=len(content),
            sha256=digest(content),
        )
        if any(each.file and each.file.sha256 == file.sha256 for each in claim.evidence):
            raise Conflict("this very file is among the evidence already")
        self._files.put(key_of(claim, file), content)
        return self._claims.add_evidence(by, mode, claim_id, kind, text or file.name, version, file)

    def show(self, by: User, mode: Mode, claim_id: str, file_id: str) -> tuple[EvidenceFile, bytes]:
        """A file, to somebody whose looking at it is written down.

        Raises:
            NotFound: no such file of the claim.
            Unavailable: the file store does not answer, or has lost it.
        """
        claim = self._claims.get(by.merchant_id, mode, claim_id)
        file = next((each.file for each in claim.evidence if each.file and each.file.id == file_id), None)
        if file is None:
            raise NotFound(f"no file {file_id} of this claim")
        content = self._files.get(key_of(claim, file))
        if content is None or digest(content) != file.sha256:
            raise Unavailable("the file cannot be read now")
        self._audit.record(
            by, Deed(what="looked at a claim's evidence", subject_id=claim.shipment_id, reason=file.name)
        )
        return file, content

    def _taken(self, content: bytes) -> tuple[bytes, str]:
        """What is kept, and its type. A PDF is told by its own bytes, not by its name."""
        if len(content) > LARGEST_BYTES:
            raise Unprocessable("/file", f"a file has at most {LARGEST_BYTES >> 20} MB; send a smaller one")
        if content.startswith(PDF[0]):
            if PDF[1] not in content[-NEAR_THE_END:]:
                raise Unprocessable("/file", "the PDF is cut off: it has no end. Send it again")
            return content, "application/pdf"
        try:
            picture = self._maker.made_anew(content, PictureKind.PHOTO, documents=False)
        except PictureRefused as error:
            raise Unprocessable("/file", f"{error}, or a PDF" if error.reason == "no_picture" else str(error)) from None
        return picture.content, picture.media_type


def key_of(claim: Claim, file: EvidenceFile) -> str:
    """Where it lies in the file store: named by its content, apart from those of other shipments."""
    ending = file.media_type.rpartition("/")[2]
    return f"{claim.merchant_id}/{claim.shipment_id}/claims/{file.sha256}.{ending}"


def has_files(claim: Claim) -> bool:
    """Whether there is one to erase."""
    return any(each.file for each in claim.evidence)


def erased(claim: Claim, files: FileStore) -> Claim:
    """The claim without files, which are removed. Raises Unavailable."""
    for each in claim.evidence:
        if each.file:
            files.remove(key_of(claim, each.file))
    kept: tuple[Evidence, ...] = tuple(replace(each, file=None) for each in claim.evidence)
    return replace(claim, evidence=kept, version=claim.version + 1)


def _named(name: str) -> str:
    """What it is called on pages: without folders and letters that nobody sees."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(each for each in " ".join(last.split()) if each.isprintable())[-LONGEST_NAME:] or "a file"
