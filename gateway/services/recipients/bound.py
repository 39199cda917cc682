"""Everything about recipients, bound to one store: what the pages and the API work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carriers.base import Carrier
from gateway.domain.clock import Clock
from gateway.domain.notifications import Channel
from gateway.services.carrier_pool import CarrierPool
from gateway.services.diversions.desk import Diversions
from gateway.services.notifications.people import Recipients as People
from gateway.services.notifications.push_keys import PushKeys
from gateway.services.ports import Store
from gateway.services.ports.notifications import Courier
from gateway.services.ports.recipients import Languages, Pictures
from gateway.services.recipients.answers import RecipientAnswers
from gateway.services.recipients.brands import BrandBook
from gateway.services.recipients.codes import RecipientCodes
from gateway.services.recipients.diverting import RecipientDiversions
from gateway.services.recipients.following import Following
from gateway.services.recipients.links import Links
from gateway.services.recipients.pages import RecipientPages
from gateway.services.recipients.proving import Prover
from gateway.services.recipients.wishes import RecipientWishes
from gateway.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """What recipients see and say, and in whose name."""

    links: Links
    pages: RecipientPages
    answers: RecipientAnswers
    wishes: RecipientWishes
    diversions: RecipientDiversions
    codes: RecipientCodes
    following: Following
    brands: BrandBook
    languages: Languages
    pictures: Pictures


def recipients(
    ground: tuple[Store, CarrierPool, Clock],
    diversions: Diversions,
    settings: Settings,
    installed: Callable[[], Mapping[str, type[Carrier]]],
    languages: Languages,
    pictures: Pictures,
    couriers: Mapping[Channel, Courier],
) -> Recipients:
    """Bind them; made once by `gateway.bootstrap`."""
    store, pool, clock = ground
    links = Links(settings.secrets.pepper, settings.web.base_url)
    people = People(settings.secrets.pepper, settings.web.base_url, links)
    codes = RecipientCodes(store, clock, settings.secrets.pepper, couriers, people)
    prover = Prover(store, clock, codes)
    pages = RecipientPages(store, links, clock, settings.recipients.link_days, installed)
    return Recipients(
        links=links,
        pages=pages,
        answers=RecipientAnswers(store, pages, clock),
        wishes=RecipientWishes(store, pool, pages, prover, clock),
        diversions=RecipientDiversions(store, pages, prover, diversions, clock),
        codes=codes,
        following=Following(
            store,
            pages,
            PushKeys(settings.secrets.pepper),
            clock,
            allow_private=settings.notifications.allow_private,
        ),
        brands=BrandBook(store, pictures, languages, clock),
        languages=languages,
        pictures=pictures,
    )
