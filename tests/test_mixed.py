"""What mixed traffic has noted: which of equal things may be the lost ones, if some are."""

from tests.mixed import Noted


def test_of_equal_things_those_are_gone_that_may_be() -> None:
    noted = Noted(losses=[(10, 20)])
    times = [5.0, 15.0, 25.0]
    assert noted.gone(times, 3) == noted.gone(times, 4) == []
    assert noted.gone(times, 2) == [15]
    assert [one for one in noted.gone(times, 1) if not noted.may_lose(one)] == [25]


def test_where_nothing_may_be_lost_all_that_is_gone_is_lost() -> None:
    gone = Noted().gone([1.0, 2.0, 3.0], 1)
    assert gone == [2, 3]
    assert not any(map(Noted().may_lose, gone))
