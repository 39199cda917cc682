"""What finished shipments teach of the way that is left, and of silences."""

import random

from gateway.learning.courses import LEFT, SILENT, Courses

DAY = 2500.0
LANE = (LEFT, "moving", "next_day", "oslo", "0")
ELSEWHERE = (LEFT, "moving", "next_day", "bergen", "0")


def taught(hours: list[float], path: tuple[str, ...] = LANE, day: float = DAY) -> Courses:
    courses = Courses()
    for each in hours:
        courses.learn(path, day, each)
    return courses


def spread(seed: int, number: int = 400) -> list[float]:
    dice = random.Random(seed)  # noqa: S311 (a lane made up, the same each time)
    return [24 * dice.lognormvariate(0, 0.4) for _ in range(number)]


def test_in_eight_of_ten_cases_it_comes_within_the_window_and_in_nine_by_its_end() -> None:
    courses = taught(spread(1))
    window = courses.window(LANE, DAY, 0.0)
    assert window is not None
    others = spread(2, 2000)
    within = sum(window[0] <= each <= window[1] for each in others) / len(others)
    by = sum(each <= window[1] for each in others) / len(others)
    assert 0.76 <= within <= 0.84
    assert 0.87 <= by <= 0.93


def test_what_has_passed_already_counts() -> None:
    courses = taught(spread(3))
    fresh, waited = courses.window(LANE, DAY, 0.0), courses.window(LANE, DAY, 30.0)
    assert fresh is not None
    assert waited is not None
    assert waited[0] >= 30.0
    assert waited[1] > fresh[1]
    others = [each for each in spread(4, 4000) if each > 30.0]
    assert 0.85 <= sum(each <= waited[1] for each in others) / len(others) <= 0.95


def test_what_takes_longer_than_all_others_is_beyond_what_they_can_tell() -> None:
    courses = taught([20.0, 22.0, 24.0] * 20)
    assert courses.window(LANE, DAY, 200.0) is None
    assert courses.late(LANE, DAY, 200.0, 210.0) is None


def test_the_chance_to_be_late_grows_while_nothing_comes() -> None:
    courses = taught(spread(5))
    chances = [courses.late(LANE, DAY, gone, 36.0) for gone in (0.0, 12.0, 24.0, 34.0)]
    known = [chance for chance in chances if chance is not None]
    assert len(known) == 4
    assert known == sorted(known)
    assert known[0] < 0.25 < 0.5 < known[-1]


def test_few_shipments_teach_nothing_and_a_thin_group_is_like_those_around_it() -> None:
    assert taught([24.0] * 7).window(LANE, DAY, 0.0) is None
    courses = taught([24.0] * 200)
    courses.learn(ELSEWHERE, DAY, 240.0)
    near, far = courses.window(LANE, DAY, 0.0), courses.window(ELSEWHERE, DAY, 0.0)
    assert near is not None
    assert far is not None
    assert abs(far[1] - near[1]) < 3
    unheard = (LEFT, "moving", "next_day", "tromso", "0")
    assert courses.window(unheard, DAY, 0.0) is not None
    assert courses.window((LEFT, "out", "next_day", "oslo", "0"), DAY, 0.0) is None


def test_an_old_season_counts_less_than_a_new_one() -> None:
    courses = taught([24.0] * 100, day=DAY - 900)
    for _ in range(100):
        courses.learn(LANE, DAY, 72.0)
    window = courses.window(LANE, DAY, 0.0)
    assert window is not None
    assert window[0] > 60


def test_nineteen_of_twenty_silences_end_within_the_quiet_time() -> None:
    silent = (SILENT, "moving", "next_day", "oslo", "0")
    courses = taught([float(each) for each in range(1, 101)], silent)
    quiet = courses.quiet(silent, DAY)
    assert quiet is not None
    assert 90 <= quiet <= 100


def test_the_better_forecaster_is_known_after_twenty() -> None:
    courses = Courses()
    assert courses.carrier_is_better("moving", ("next_day", "oslo"), DAY)
    for number in range(19):
        courses.compare("moving", ("next_day", "oslo"), DAY, 60.0, 26.0, 20.0 + number % 5)
    assert courses.carrier_is_better("moving", ("next_day", "oslo"), DAY), "too few to say"
    courses.compare("moving", ("next_day", "oslo"), DAY, 60.0, 26.0, 22.0)
    courses.compare("moving", ("next_day", "oslo"), DAY, 60.0, 26.0, 22.0)
    assert not courses.carrier_is_better("moving", ("next_day", "oslo"), DAY)
    assert courses.carrier_is_better("out", ("next_day", "oslo"), DAY), "another stage"


def test_who_forecasts_better_is_judged_on_the_lane_and_elsewhere_by_the_service() -> None:
    courses = Courses()
    for _ in range(25):
        courses.compare("moving", ("next_day", "oslo"), DAY, 60.0, 26.0, 22.0)
        courses.compare("moving", ("next_day", "hammerfest"), DAY, 50.0, 90.0, 48.0)
    assert not courses.carrier_is_better("moving", ("next_day", "oslo"), DAY)
    assert courses.carrier_is_better("moving", ("next_day", "hammerfest"), DAY)
    by_service = courses.contests["moving", "next_day"]
    all_in_all = by_service.losses[0] <= by_service.losses[1]
    assert courses.carrier_is_better("moving", ("next_day", "bergen"), DAY) is all_in_all
    assert courses.carrier_is_better("moving", (), DAY), "a shipment of which no lane is known"


def test_what_was_stored_of_services_alone_is_still_read() -> None:
    stored = {"day": DAY, "groups": [], "contests": [["moving", "next_day", 30.0, 9.0, 1.0, 20.0, 25.0]]}
    assert not Courses.from_data(stored).carrier_is_better("moving", ("next_day", "oslo"), DAY)


def test_what_is_stored_says_the_same() -> None:
    courses = taught(spread(6))
    courses.learn((SILENT, "out", "same_day", "-", "3"), DAY, 5.0)
    courses.compare("moving", ("next_day", "oslo"), DAY, 30.0, 26.0, 24.0)
    again = Courses.from_data(courses.as_data(DAY + 10))
    one, other = courses.window(LANE, DAY, 10.0), again.window(LANE, DAY, 10.0)
    assert one is not None
    assert other is not None
    assert [round(each, 2) for each in one] == [round(each, 2) for each in other]
    assert again.contests["moving", "next_day"].losses[0] > 0
    assert again.as_data(DAY + 10) == courses.as_data(DAY + 10)
