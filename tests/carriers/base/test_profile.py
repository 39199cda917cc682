import re
from inspect import cleandoc
from typing import Any

import pytest

from carriers.base import InvalidValue, OptionFacts, Profile, ServiceLevel
from carriers.base import profile as documentation

# The example that authors copy is the one in the module's docstring.
EXAMPLE = cleandoc(re.sub(r"(?s)^.*?\n(?=    code = )", "", documentation.__doc__ or ""))


def parse(text: str = EXAMPLE) -> Profile:
    return Profile.parse(text, "swift/profile.toml")


def test_the_documented_example_is_a_complete_profile() -> None:
    profile = parse()
    assert (profile.code, profile.kind, profile.tracking) == ("swift", "courier", "both")
    assert profile.countries == ("NO", "SE")
    assert profile.services == {ServiceLevel.SAME_DAY: "EXPRESS"}
    assert profile.services["same_day"] == "EXPRESS"  # a plain text finds it too
    assert profile.urls["test"]["api"] == "https://sandbox.swift.example"
    assert profile.booking.settle_s == 120
    assert profile.booking.absence_is_proof
    assert profile.polling.timezone == "Europe/Oslo"
    assert profile.limits.max_weight_g == 30_000
    assert profile.features.photo
    assert not profile.features.pin
    assert profile.secrets == {"api_key": "API key from the portal"}
    assert profile.options["customer_number"].required
    assert profile.exempt == {}
    assert {mode: (rate.most, rate.per_s) for mode, rate in profile.calls.items()} == {"live": (100, 60)}


def test_a_number_of_zero_says_none_where_there_may_be_none() -> None:
    text = re.sub(r"(max_weight_g|daily_budget|dimensional_divisor_cm3_per_kg) = \d+", r"\1 = 0", EXAMPLE)
    profile = parse(text)
    assert profile.limits.max_weight_g is None
    assert profile.limits.dimensional_divisor_cm3_per_kg is None
    assert profile.polling.daily_budget is None
    assert profile.booking.idempotency_window_min is None
    assert profile.limits.max_parcels == 99


def test_tables_of_names_may_be_left_out() -> None:
    profile = parse(EXAMPLE.partition("[secrets]")[0])
    assert profile.secrets == profile.options == profile.exempt == {}


KEYS = re.findall(r"(?m)^(\w+) = ", EXAMPLE.partition("[secrets]")[0])


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"api", "same_day"}))
def test_a_missing_key_is_named_with_its_file(key: str) -> None:
    text = re.sub(rf"(?m)^{key} = .*\n", "", EXAMPLE, count=1)
    with pytest.raises(InvalidValue, match=rf"^swift/profile\.toml: (\w+\.)?{key}: missing$"):
        parse(text)


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"api", "same_day"}))
def test_a_misspelt_key_is_named_with_its_file(key: str) -> None:
    text = re.sub(rf"(?m)^{key} = ", f"{key}x = ", EXAMPLE, count=1)
    with pytest.raises(InvalidValue, match=rf"^swift/profile\.toml: (\w+\.)?{key}x: unknown key$"):
        parse(text)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('code = "swift"', 'code = "Swift"', "code"),
        ('code = "swift"', "code = 7", "code"),
        ('name = "Swift Couriers"', 'name = ""', "name"),
        ('kind = "courier"', 'kind = "drone"', "kind"),
        ('tracking = "both"', 'tracking = "none"', "tracking"),
        ('countries = ["NO", "SE"]', 'countries = "NO"', "countries"),
        ('countries = ["NO", "SE"]', "countries = []", "countries"),
        ('countries = ["NO", "SE"]', 'countries = ["no"]', "countries"),
        ('countries = ["NO", "SE"]', "countries = [7]", "countries"),
        ('same_day = "EXPRESS"', 'sameday = "EXPRESS"', "services"),
        ('same_day = "EXPRESS"', "same_day = 7", "services.same_day"),
        ("[urls.test]", "[urls.staging]", "urls"),
        ('api = "https://sandbox.swift.example"', 'token = "https://sandbox.swift.example"', "urls"),
        ("https://api.swift.example", "https://api.swift.example/", "urls.live.api"),
        ("https://api.swift.example", "ftp://api.swift.example", "urls.live.api"),
        ("https://api.swift.example", "https://user@api.swift.example", "urls.live.api"),
        ("https://api.swift.example", "https://api.swift.example?a=b", "urls.live.api"),
        ("https://api.swift.example", "https://[", "urls.live.api"),
        ("idempotent = false", "idempotent = 0", "booking.idempotent"),
        ("settle_s = 120", 'settle_s = "120"', "booking.settle_s"),
        ("settle_s = 120", "settle_s = true", "booking.settle_s"),
        ("settle_s = 120", "settle_s = -1", "booking.settle_s"),
        ("settle_s = 120", "settle_s = 1.5", "booking.settle_s"),
        ("batch = 10", "batch = 0", "polling.batch"),
        ("Europe/Oslo", "Europe/Olso", "polling.timezone"),
        ("Europe/Oslo", "../etc/passwd", "polling.timezone"),
        ("max_weight_g = 30000", "max_weight_g = true", "limits.max_weight_g"),
        ("signature = true", 'signature = "yes"', "features.signature"),
        ('{ what = "who pays", required = true }', '"who pays"', "options.customer_number"),
        ("required = true", "requird = true", "options.customer_number.requird"),
        ("[exempt]", "[exempt]\nslow_drip = 1", "exempt.slow_drip"),
        ("[exempt]", "[secrtes]", "secrtes"),
        ("[exempt]", "[limits]", "Cannot declare"),
        ("[exempt]", "[[", "Invalid"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_key(old: str, new: str, what: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(InvalidValue, match=rf"^swift/profile\.toml: {re.escape(what)}\b"):
        parse(EXAMPLE.replace(old, new, 1))


def test_a_shipped_profile_is_read_from_beside_the_carriers_code() -> None:
    assert Profile.load("carriers.bring").code == "bring"


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " 5 ", "5"),
        ("number", "12,5", "12.5"),
        ("number", "7", 7),
        ("flag", "Yes", True),
        ("flag", "no", False),
        ("words", "a, b c", ["a", "b", "c"]),
        ("table", 'CZ = "106"\nSK = 7', {"CZ": "106", "SK": "7"}),
        ("text", "  ", None),
    ],
)
def test_an_option_is_read_as_it_was_typed_and_typed_as_it_is_read(kind: Any, typed: str, value: object) -> None:
    facts = OptionFacts(what="it", required=False, kind=kind)
    assert facts.read(typed) == value
    assert facts.read(facts.typed(value)) == value
    assert facts.fault(value) == ""


@pytest.mark.parametrize(
    ("kind", "typed"), [("number", "much"), ("number", "nan"), ("flag", "maybe"), ("table", "a"), ("table", "a=1\na=2")]
)
def test_an_option_that_is_not_of_its_kind_is_refused(kind: Any, typed: str) -> None:
    with pytest.raises(InvalidValue):
        OptionFacts(what="it", required=False, kind=kind).read(typed)
    with pytest.raises(InvalidValue, match="is none of a, b"):
        OptionFacts(what="it", required=False, one_of=("a", "b")).read("c")


def test_a_profile_needs_a_package() -> None:
    with pytest.raises(InvalidValue, match="package"):
        Profile.load(None)
