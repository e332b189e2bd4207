"""Clips of one size share what they can: of a new length only the bar is new."""

from simulator.clips import fast, motion


def test_another_length_of_a_known_size_codes_the_bar_alone() -> None:
    fast.later.cache_clear()
    fast.around.cache_clear()
    motion.codes.cache_clear()
    motion.pattern.cache_clear()
    long = fast.later(640, 640, 240, False)
    coded = motion.codes.cache_info().misses
    patterns = motion.pattern.cache_info().misses
    seconds = fast.around.cache_info().misses
    short = fast.later(640, 640, 200, False)
    assert fast.around.cache_info().misses == seconds
    assert motion.codes.cache_info().misses - coded <= 200
    assert motion.pattern.cache_info().misses - patterns <= 40
    assert [sum(second.count for second in each) for each in (long, short)] == [239, 199]
    assert all(size > 20 for second in short for size in second.sizes)
