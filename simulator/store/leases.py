"""A name that one process holds at a time, for as long as it works and lives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from simulator.store import Broken, Store

# A claim is renewed while its holder lives; a dead one's comes to its end within this.
CLAIM_MS = 3000
RENEW_S = 1.0
# How soon it is looked again whether somebody else is done.
AGAIN_S = 0.05


@asynccontextmanager
async def lease(store: Store, name: str, owner: str) -> AsyncIterator[bool]:
    """Whether the name is the owner's, as long as it is within; False while somebody has it."""
    if not await store.claim(name, owner, CLAIM_MS):
        yield False
        return
    over = asyncio.Event()
    renewing = asyncio.ensure_future(_renew(store, name, owner, over))
    try:
        yield True
    finally:
        over.set()
        renewing.cancel()
        with suppress(Broken):
            await store.claim(name, owner, 0)


@asynccontextmanager
async def alone(store: Store, name: str, owner: str) -> AsyncIterator[None]:
    """Wait until nobody else is within, and keep the others out."""
    while True:
        async with lease(store, name, owner) as held:
            if held:
                yield
                return
        await asyncio.sleep(AGAIN_S)


async def _renew(store: Store, name: str, owner: str, over: asyncio.Event) -> None:
    """Renew a claim until it is over: a client that breaks may take a cancellation for its own."""
    while not over.is_set():
        await asyncio.sleep(RENEW_S)
        with suppress(Broken):
            await store.claim(name, owner, CLAIM_MS)
