"""In whose name recipients are spoken to."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidValue, StaleVersion, Unprocessable
from gateway.domain.recipients import Brand, BrandRecord
from gateway.services.ports import Store
from gateway.services.ports.recipients import Languages, Pictures


class BrandBook:
    """The merchants' brands. A brand belongs to the merchant, not to a mode."""

    def __init__(self, store: Store, pictures: Pictures, languages: Languages, clock: Clock) -> None:
        self._store = store
        self._pictures = pictures
        self._languages = languages
        self._clock = clock

    def get(self, merchant_id: str) -> BrandRecord:
        """The brand, without its logo."""
        with self._store.look() as uow:
            return uow.brands.get(merchant_id)

    def logo(self, merchant_id: str) -> bytes:
        """A PNG; b"" where there is none."""
        with self._store.look() as uow:
            return uow.brands.logo(merchant_id)

    def put(
        self, merchant_id: str, brand: Brand, logo: bytes | None = None, based_on: int | None = None
    ) -> BrandRecord:
        """Another state of the brand; `logo` None: the one there is stays; b"": none.

        Raises:
            Unprocessable: a language that we do not speak; a logo that is no picture.
            StaleVersion: `based_on` is not the newest version any more.
        """
        spoken = [code for code, _ in self._languages.known]
        if brand.language not in spoken:
            raise Unprocessable("/language", f"there are {', '.join(spoken)}", "unknown_language")
        pressed = self._pressed(logo) if logo else logo
        with self._store.work() as uow:
            known = uow.brands.get(merchant_id)
            if based_on is not None and based_on != known.version:
                raise StaleVersion(f"the brand is at version {known.version}, not {based_on}")
            kept = uow.brands.logo(merchant_id) if pressed is None else pressed
            record = replace(
                known,
                brand=brand,
                logo=kept,
                logo_sha256=sha256(kept).hexdigest() if kept else "",
                version=known.version + 1,
                updated_at=self._clock(),
            )
            uow.brands.put(record)
            uow.commit()
        return self.get(merchant_id)

    def _pressed(self, content: bytes) -> bytes:
        """A logo as it is kept: made anew by us, so that nothing but the picture is left. Raises Unprocessable."""
        try:
            return self._pictures.logo(content)
        except InvalidValue as error:
            raise Unprocessable("/logo", str(error), "invalid_logo") from None
