"""Services are tested over real HTTP too: on the site of the journeys."""

from tests.journeys.conftest import gateways as gateways
from tests.journeys.conftest import shop as shop
from tests.journeys.conftest import site as site
