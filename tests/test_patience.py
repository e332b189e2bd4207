"""Limits in tests are not those of the machine."""

import asyncio
import socket
import time

import pytest

from tests.patience import PatientLoop

STILL_S = 0.05


async def test_tests_run_in_it() -> None:
    assert isinstance(asyncio.get_running_loop(), PatientLoop)


async def test_what_has_come_counts_though_the_machine_stood_still() -> None:
    """The limit is over before either round begins."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        async with asyncio.timeout(STILL_S / 2):
            for _ in range(2):
                loop.call_soon(time.sleep, STILL_S)
                loop.call_soon(there.send, b"x")
                assert await loop.sock_recv(here, 1) == b"x"


async def test_what_comes_while_the_machine_stands_still_counts() -> None:
    here, there = socket.socketpair()
    loop, still = asyncio.get_running_loop(), time.monotonic() + STILL_S

    async def late() -> None:
        while time.monotonic() < still:
            time.sleep(STILL_S / 4)  # noqa: ASYNC251 (on purpose)
            await asyncio.sleep(0)
        there.send(b"x")

    with here, there:
        here.setblocking(False)
        sending = asyncio.create_task(late())
        async with asyncio.timeout(STILL_S / 2):
            assert await loop.sock_recv(here, 1) == b"x"
        await sending


async def test_what_never_comes_is_over_in_time() -> None:
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    began, mine = time.monotonic(), loop.time()
    with here, there:
        here.setblocking(False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(STILL_S):
                await loop.sock_recv(here, 1)
    assert STILL_S <= loop.time() - mine <= time.monotonic() - began


async def test_who_never_waits_is_over_in_time_too() -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(spin(), STILL_S)
