import pytest

from gateway.domain.errors import Unprocessable
from gateway.rules.cost import Cheapest
from gateway.rules.preference import AllowAccounts, DenyAccounts, PreferAccounts
from tests.rules.bench import candidate, decided, said

FLEET, UBER = candidate("fleet", "10.00", kind="own"), candidate("uber", "8.99")


def test_nobody_but_the_allowed_ones() -> None:
    judged = decided(AllowAccounts(accounts=("fleet",)), FLEET, UBER)
    assert [(one.candidate.account, one.rank) for one in judged] == [("fleet", 1), ("uber", None)]
    assert said(judged[1], "allow_accounts").why == "uber is not among the allowed accounts"


def test_anybody_but_the_denied_ones() -> None:
    judged = decided(DenyAccounts(carrier_kinds=("own",)), FLEET, UBER)
    assert [(one.candidate.account, one.rank) for one in judged] == [("uber", 1), ("fleet", None)]
    assert said(judged[1], "deny_accounts").why == "fleet is among the denied accounts"


@pytest.mark.parametrize(("bonus", "winner"), [(100, "uber"), (102, "fleet")])
def test_a_preferred_account_may_cost_its_bonus_more_and_still_win(bonus: int, winner: str) -> None:
    judged = decided((Cheapest(), PreferAccounts(carrier_kinds=("own",), bonus_minor=bonus)), FLEET, UBER)
    assert judged[0].candidate.account == winner
    fleet = next(one for one in judged if one.candidate is FLEET)
    assert fleet.score == 1000 - bonus
    assert said(fleet, "prefer_accounts").why == f"fleet is preferred: counts 1.0{bonus - 100} USD less"


@pytest.mark.parametrize("rule", [AllowAccounts, DenyAccounts])
def test_a_rule_about_nobody_is_refused(rule: type[AllowAccounts | DenyAccounts]) -> None:
    with pytest.raises(Unprocessable, match="name accounts"):
        rule()
    with pytest.raises(Unprocessable, match="name accounts"):
        PreferAccounts(bonus_minor=1)
