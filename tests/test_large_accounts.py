"""Accounts with very many tasks: their books keep nobody else waiting."""

import asyncio
import threading
from typing import Any

import pytest

from simulator import verdict
from simulator.control import tasks
from simulator.dialects.ark import TASKS
from tests.driving import KEY
from tests.serving import serve
from tests.test_app import ORDER


@pytest.mark.parametrize(
    ("path", "module", "name"), [("ledger", tasks, "entries"), ("verdict", verdict, "judge")]
)
async def test_others_are_answered_meanwhile(
    path: str, module: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is held up until somebody else has an answer, which a blocked loop never gives."""
    begun, others_are_answered = threading.Event(), threading.Event()
    work = getattr(module, name)

    def held(*given: Any) -> Any:
        begun.set()
        assert others_are_answered.wait(5)
        return work(*given)

    async with serve(pace="instant") as server:
        async with server.client.post(f"{server.base}/ark{TASKS}", json=ORDER) as answer:
            assert answer.status == 200
        monkeypatch.setattr(module, name, held)
        asked = asyncio.create_task(server.anonymous.get(f"{server.base}/_sim/{path}?key={KEY}"))
        await asyncio.to_thread(begun.wait, 5)
        async with server.anonymous.get(f"{server.base}/_sim/health") as answer:
            assert answer.status == 200
        others_are_answered.set()
        async with await asked as answer:
            assert answer.status == 200
