"""What each page says."""

from tests.console.world import Person, World


def test_a_caller_with_a_phone_is_answered_from_the_list(world: World, support: Person) -> None:
    page = support.see("/shipments", q="4417")
    assert "nett-2001" in page
    assert "Out for delivery" in page
