"""Every installed carrier keeps the contract: the kit's questions, one test each."""

from carriers.base.conformance import conformance
from carriers.base.registry import installed

globals().update({f"Test{code}": conformance(carrier) for code, carrier in installed().items()})


def test_there_are_carriers_to_ask() -> None:
    assert installed()
