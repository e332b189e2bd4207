import random

from simulator.clips.bits import Bits, Reader, escape, unescape


def test_codes_are_read_as_they_were_written() -> None:
    dice = random.Random(1)
    numbers = [dice.randrange(-5000, 5000) for _ in range(300)]
    bits = Bits()
    for number in numbers:
        bits.se(number).ue(abs(number)).put(abs(number) % 8, 3)
    reader = Reader(bits.align().bytes())
    for number in numbers:
        assert (reader.se(), reader.ue(), reader.u(3)) == (number, abs(number), abs(number) % 8)


def test_the_rest_is_what_was_not_read() -> None:
    bits = Bits().ue(12).put(0b1011, 4).stop()
    reader = Reader(bits.bytes())
    reader.ue()
    assert reader.rest() == Bits(0b101110000, 9)


def test_no_payload_looks_like_a_start_code() -> None:
    dice = random.Random(2)
    for _ in range(300):
        payload = bytes(dice.choice((0, 0, 0, 1, 2, 3, 4)) for _ in range(40)) + b"\x80"
        safe = escape(payload)
        assert not any(bytes((0, 0, n)) in safe for n in (0, 1, 2))
        assert unescape(safe) == payload
