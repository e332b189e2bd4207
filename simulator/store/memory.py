"""The store of one process, which keeps the states and serialises nothing."""

from collections import OrderedDict
from collections.abc import Sequence

from simulator.core.account import State
from simulator.core.clock import Real
from simulator.core.events import Event, new_ids
from simulator.store import Taken

BLOB_BYTES = 256 * 1024 * 1024
# Of whom nothing is known yet, which with every poll is the server. Events are never applied to it.
NOTHING = State()


class MemoryStore:
    """Nothing in it waits, so every method is one step that nobody comes between."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}
        self._versions: dict[str, int] = {}
        self._count = 0
        self._owners: dict[str, str] = {}
        self._blobs: OrderedDict[str, bytes] = OrderedDict()
        self._blob_bytes = 0

    async def load(self, account: str) -> tuple[int, State]:
        state = self._states.get(account)
        return (0, NOTHING) if state is None else (self._versions[account], state)

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        if self._versions.get(account, 0) != version:
            return False
        self._own(account, new_ids(events))
        state = self._states.setdefault(account, State())
        for event in events:
            event.apply(state)
        # Counted across all accounts, so that one which begins anew gets no version twice.
        self._count += len(events)
        self._versions[account] = self._count
        return True

    async def find(self, name: str) -> str | None:
        return self._owners.get(name)

    async def accounts(self) -> list[str]:
        return list(self._states)

    async def news(self, mark: int) -> tuple[int, list[str]]:
        """All accounts for who comes new; after that nobody else changes anything."""
        return 1, [] if mark else list(self._states)

    async def rest(self, account: str, version: int) -> None:
        """Nobody asks again for the news of one process."""

    async def forget(self, account: str | None = None) -> None:
        if account is None:
            count = self._count
            self.__init__()  # type: ignore[misc]
            self._count = count
            return
        state = self._states.pop(account, None)
        self._versions.pop(account, None)
        if state is not None:
            for name in (*state.tasks, *state.items):
                self._owners.pop(name, None)

    async def put_blob(self, digest: str, data: bytes) -> None:
        if digest in self._blobs:
            self._blobs.move_to_end(digest)
            return
        self._blobs[digest] = data
        self._blob_bytes += len(data)
        while self._blob_bytes > BLOB_BYTES and len(self._blobs) > 1:
            self._blob_bytes -= len(self._blobs.popitem(last=False)[1])

    async def blob(self, digest: str) -> bytes | None:
        return self._blobs.get(digest)

    def fact(self, name: str, value: str) -> str:
        return value

    async def claim(self, name: str, owner: str, ms: int) -> bool:
        """There is nobody else."""
        return True

    async def ping(self) -> None:
        """It is always there."""

    @property
    def records(self) -> None:
        """The journal of one process keeps its exchanges itself."""

    async def close(self) -> None:
        """There is nothing to let go of."""

    @property
    def real(self) -> Real:
        """Its process has one clock."""
        return Real()

    @property
    def lasting(self) -> bool:
        return False

    @property
    def interrupted(self) -> bool:
        return False

    def _own(self, account: str, names: Sequence[str]) -> None:
        for name in names:
            if self._owners.get(name, account) != account:
                raise Taken(name)
        self._owners.update(dict.fromkeys(names, account))
