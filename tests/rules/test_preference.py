import pytest

from gateway.domain.errors import Unprocessable
from tests.rules.bench import candidate, decided, policy, said, short

FLEET, UBER = candidate("fleet", "10.00", kind="own"), candidate("uber", "8.99")


def test_nobody_but_the_allowed_ones() -> None:
    judged = decided(short("allow_accounts", accounts=("fleet",)), FLEET, UBER)
    assert [(one.candidate.account, one.rank) for one in judged] == [("fleet", 1), ("uber", None)]
    assert said(judged[1], "allow_accounts").why == "dropped, because account is uber, not fleet"


def test_anybody_but_the_denied_ones() -> None:
    judged = decided(short("deny_accounts", carrier_kinds=("own",)), FLEET, UBER)
    assert [(one.candidate.account, one.rank) for one in judged] == [("uber", 1), ("fleet", None)]
    assert said(judged[1], "deny_accounts").why == "dropped, because carrier kind is own"


@pytest.mark.parametrize(("bonus", "winner"), [(100, "uber"), (102, "fleet")])
def test_a_preferred_account_may_cost_its_bonus_more_and_still_win(bonus: int, winner: str) -> None:
    judged = decided(
        (short("cheapest"), short("prefer_accounts", carrier_kinds=("own",), bonus_minor=bonus)), FLEET, UBER
    )
    assert judged[0].candidate.account == winner
    fleet = next(one for one in judged if one.candidate is FLEET)
    assert fleet.score == 1000 - bonus
    assert (
        said(fleet, "prefer_accounts").why
        == f"preferred: counts 1.0{bonus - 100} USD less, because carrier kind is own"
    )


@pytest.mark.parametrize("kind", ["allow_accounts", "deny_accounts", "prefer_accounts"])
def test_a_rule_about_nobody_is_refused(kind: str) -> None:
    bonus = {"bonus_minor": 1} if kind == "prefer_accounts" else {}
    with pytest.raises(Unprocessable, match="name accounts") as refused:
        policy(short(kind, **bonus))
    assert refused.value.pointer == "/rules/0/accounts"
