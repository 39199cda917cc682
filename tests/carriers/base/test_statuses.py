import pytest

from carriers.base import InvalidValue, Mapped, StatusRow, StatusTable
from gateway.domain.tracking import reasons, statuses

HEADER = "carrier_code,qualifier,status,reason,note,source\n"
TABLE = HEADER + (
    "dropoff,,out_for_delivery,courier_en_route_to_dropoff,on the way,carrier's API\n"
    'dropoff,imminent,out_for_delivery,courier_nearby,"close, very close",carrier\'s API\n'
    "delivered,,delivered,none,,carrier's API\n"
)


@pytest.fixture
def table() -> StatusTable:
    return StatusTable.parse(TABLE, "swift/statuses.csv")


def test_the_qualifier_tells_apart_what_one_code_means(table: StatusTable) -> None:
    assert table.lookup("dropoff") == Mapped("out_for_delivery", "courier_en_route_to_dropoff", listed=True)
    assert table.lookup("dropoff", "imminent").reason == "courier_nearby"
    assert table.rows[1].note == "close, very close"


@pytest.mark.parametrize(
    ("code", "qualifier"),
    [
        ("DELIVERED", ""),
        ("delivered ", ""),
        ("delivered", "imminent"),
        ("", ""),
        ("deliver", ""),
        ("dropoff", "x"),
    ],
)
def test_a_code_that_is_not_listed_exactly_is_unknown(table: StatusTable, code: str, qualifier: str) -> None:
    assert table.lookup(code, qualifier) == Mapped("unknown", "unmapped_carrier_code", listed=False)


def test_the_words_for_an_unlisted_code_are_in_our_model(table: StatusTable) -> None:
    unlisted = table.lookup("no such code")
    assert unlisted.status in statuses()
    assert unlisted.reason in reasons()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "columns"),
        ("carrier_code,status\n", 1, "columns"),
        (HEADER + "a,,delivered,none,,\na,,delivered,none,,\n", 3, "twice"),
        (HEADER + "a,,arrived,none,,\n", 2, "'arrived'"),
        (HEADER + "a,,delivered,because,,\n", 2, "'because'"),
        (HEADER + "a,,delivered,,,\n", 2, "''"),
        (HEADER + ",,delivered,none,,\n", 2, "empty"),
        (HEADER + "a,,delivered,none,\n", 2, "5 columns"),
        (HEADER + "a,,delivered,none,,,\n", 2, "7 columns"),
        (HEADER + "\na,,delivered,none,,\n", 2, "0 columns"),
        (HEADER + 'a,,delivered,none,"open,\n', 2, "unexpected end"),
    ],
)
def test_a_bad_row_stops_with_file_and_line(text: str, line: int, what: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^swift/statuses.csv, line {line}: .*{what}"):
        StatusTable.parse(text, "swift/statuses.csv")


def test_an_account_can_override_and_add_rows_without_changing_the_table(table: StatusTable) -> None:
    own = table.overridden(
        [
            StatusRow(carrier_code="delivered", status="delivered", reason="delivered_safe_place"),
            StatusRow(carrier_code="new", status="in_transit"),
        ]
    )
    assert own.lookup("delivered").reason == "delivered_safe_place"
    assert own.lookup("new").listed
    assert own.lookup("dropoff", "imminent") == table.lookup("dropoff", "imminent")
    assert len(own.rows) == 4
    assert table.lookup("delivered").reason == "none"
    assert not table.lookup("new").listed


def test_an_override_in_words_that_are_not_ours_is_refused() -> None:
    with pytest.raises(InvalidValue, match="'gone'"):
        StatusRow(carrier_code="a", status="gone")


def test_a_shipped_table_is_read_from_beside_the_carriers_code() -> None:
    table = StatusTable.load("carriers.bring")
    assert table.lookup("DELIVERED").status == "delivered"
    assert all(row.source for row in table.rows)


def test_a_table_needs_a_package() -> None:
    with pytest.raises(InvalidValue, match="package"):
        StatusTable.load(None)
