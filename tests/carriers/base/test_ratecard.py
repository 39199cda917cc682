import pytest

from carriers.base import InvalidValue, Money, RateCard, ServiceLevel

HEADER = "zone,service,max_weight_g,price_minor,currency\n"
CARD = HEADER + (
    "city,same_day,5000,899,EUR\n"
    "city,same_day,1000,499,EUR\n"
    "city,next_day,1000,300,EUR\n"
    "island,same_day,1000,1200,JPY\n"
)


@pytest.mark.parametrize(
    ("zone", "service", "weight_g", "price"),
    [
        ("city", ServiceLevel.SAME_DAY, 1, Money.from_minor(499, "EUR")),
        ("city", ServiceLevel.SAME_DAY, 1000, Money.from_minor(499, "EUR")),
        ("city", ServiceLevel.SAME_DAY, 1001, Money.from_minor(899, "EUR")),
        ("city", ServiceLevel.SAME_DAY, 5001, None),
        ("city", ServiceLevel.NEXT_DAY, 1000, Money.from_minor(300, "EUR")),
        ("island", ServiceLevel.SAME_DAY, 1000, Money.from_minor(1200, "JPY")),
        ("island", ServiceLevel.NEXT_DAY, 1000, None),
        ("moon", ServiceLevel.SAME_DAY, 1, None),
    ],
)
def test_the_first_step_that_carries_the_weight_has_the_price(
    zone: str, service: ServiceLevel, weight_g: int, price: Money | None
) -> None:
    assert RateCard.load(CARD).lookup(zone, service, weight_g) == price


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (",same_day,1000,499,EUR", "zone"),
        ("city,teleport,1000,499,EUR", "service"),
        ("city,same_day,0,499,EUR", "max_weight_g"),
        ("city,same_day,1.5,499,EUR", "max_weight_g"),
        ("city,same_day,1000,-1,EUR", "price_minor"),
        ("city,same_day,1000,4.99,EUR", "price_minor"),
        ("city,same_day,1000,99999999999999999999,EUR", "price_minor"),
        ("city,same_day,1000,²,EUR", "price_minor"),
        ("city,same_day,1000,499,XXY", "currency"),
        ("city,same_day,1000,499", "4 columns"),
        ("city,same_day,5000,1,EUR", "max_weight_g: this step is listed twice"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(row: str, what: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^depot.csv, line 6: {what}"):
        RateCard.load(f"{CARD}{row}\n", "depot.csv")


@pytest.mark.parametrize("text", ["", "zone,price\n", HEADER.upper()])
def test_other_columns_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="rate card, line 1: the columns are zone,service"):
        RateCard.load(text)
