from gateway.domain.quotes import Effect
from tests.rules.bench import candidate, decided, said, short


def test_the_price_is_the_penalty_and_the_sentence_names_both_prices() -> None:
    rates = [candidate("b", "8.99"), candidate("a", "7.40"), candidate("c", "12"), candidate("d", "20")]
    judged = decided(short("cheapest"), *rates)
    assert [(one.candidate.account, one.rank, one.score) for one in judged] == [
        ("a", 1, 740),
        ("b", 2, 899),
        ("c", 3, 1200),
        ("d", 4, 2000),
    ]
    assert [said(one, "price").why for one in judged] == [
        "cheapest of 4: 7.40 USD",
        "second cheapest of 4: 8.99 USD against 7.40 USD",
        "third cheapest of 4: 12.00 USD against 7.40 USD",
        "fourth cheapest of 4: 20.00 USD against 7.40 USD",
    ]


def test_a_lonely_price_and_equal_prices_are_told_as_they_are() -> None:
    assert said(decided(short("cheapest"), candidate())[0], "price").why == "the only price: 8.99 USD"
    twins = decided(short("cheapest"), candidate("a"), candidate("b"))
    assert {said(one, "price").why for one in twins} == {"cheapest of 2: 8.99 USD"}


def test_the_eleventh_price_still_has_a_place() -> None:
    judged = decided(short("cheapest"), *(candidate(f"a{n:02}", str(10 + n)) for n in range(12)))
    assert said(judged[9], "price").why == "tenth cheapest of 12: 19.00 USD against 10.00 USD"
    assert said(judged[10], "price").why == "number 11 by price of 12: 20.00 USD against 10.00 USD"


def test_another_currency_is_compared_by_the_policys_rate_and_says_whose_it_is() -> None:
    first, second = decided(short("cheapest"), candidate("bring-oslo", "89.95", "NOK"), candidate("uber-nyc", "8.99"))
    assert (first.candidate.account, first.score) == ("uber-nyc", 899)
    assert (second.candidate.account, second.score) == ("bring-oslo", 900)
    assert said(second, "one_currency").why == "89.95 NOK is 9.00 USD at 0.10 (the bank)"


def test_a_currency_without_a_rate_is_dropped_and_never_compared() -> None:
    rules = (short("cheapest"), short("max_price", limit_minor=1))
    judged = decided(rules, candidate("a", "5"), candidate("b", "0.01", "EUR"), candidate("c", "0.01"))
    winner, dropped = judged[0], next(one for one in judged if one.candidate.account == "b")
    assert (winner.candidate.account, said(winner, "price").why) == ("c", "cheapest of 2: 0.01 USD")
    assert (dropped.rank, dropped.score) == (None, None)
    verdict = said(dropped, "one_currency")
    assert verdict.effect is Effect.DROP
    assert verdict.why == "priced in EUR: the policy compares USD and has no exchange.EUR"
    assert said(dropped, "price").why == said(dropped, "max_price").why == "0.01 EUR is not compared"


def test_prices_above_the_limit_are_dropped() -> None:
    within, above = decided(short("max_price", limit_minor=800), candidate("a", "8.00"), candidate("b", "8.01"))
    assert (within.rank, said(within, "max_price").why) == (1, "8.00 USD is within the limit of 8.00 USD")
    assert (above.rank, said(above, "max_price").why) == (None, "8.01 USD is above the limit of 8.00 USD")
