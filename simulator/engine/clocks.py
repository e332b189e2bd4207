"""The clocks of a server: its own and the accounts', which go by it until they are moved."""

from collections.abc import Callable

from simulator.core.account import SERVER, State
from simulator.core.clock import Clock, Shift
from simulator.core.commands import BeginClock, SetClock, ShiftAll
from simulator.core.config import Config
from simulator.store import Store, change


class Clocks:
    """Tells the time of every account and moves its clock. ``real`` gives real milliseconds."""

    def __init__(self, store: Store, config: Config, real: Callable[[], int]) -> None:
        self._store = store
        self._config = config
        self._real = real
        self._known: dict[str, Clock] = {}
        self._first = self._begin()

    async def of(self, account: str) -> Clock:
        """The clock by which an account goes."""
        state = (await self._store.load(account))[1]
        return self.by(account, state, (await self._store.load(SERVER))[1])

    def by(self, account: str, state: State, server: State) -> Clock:
        """The clock by which an account goes, where both its state and the server's are at hand."""
        real, own = self._real(), state.clock is not None
        clock = self._going_by(state, server)
        if clock.now(real) < state.latest:  # an event of a server whose machine was ahead
            clock, own = clock.not_before(state.latest, real), True
        if not own:
            if account != SERVER:  # it may have had one before another process forgot it
                self._known.pop(account, None)
            account = SERVER
        self._known[account] = clock
        return clock

    async def server(self) -> Clock:
        """The clock of everybody who has none."""
        return await self.of(SERVER)

    async def now(self, account: str) -> int:
        """The time of an account, in simulated milliseconds."""
        return (await self.of(account)).now(self._real())

    async def reached(self, account: str, now: int) -> int:
        """The time of a change that was asked for at ``now``: not before all were moved since.

        What is the account's own is looked at with the decision (``State.reached``).
        """
        return self.reached_by(
            (await self._store.load(account))[1], (await self._store.load(SERVER))[1], now
        )

    def reached_by(self, state: State, server: State, now: int) -> int:
        """The same where both the state of the account and the server's are at hand."""
        moved = state.clock is not None or server.clock is not None
        return max(now, self._going_by(state, server).base) if moved else now

    def last(self, account: str) -> Clock:
        """The clock of an account as it was last seen here."""
        return self._known.get(account) or self._known.get(SERVER, self._first)

    def seen(self, account: str = SERVER) -> int:
        """The time of an account by the clock that was last seen here, for notes and dates."""
        return self.last(account).now(self._real())

    async def own(self) -> list[str]:
        """The accounts that have a clock of their own."""
        everybody = await self._store.accounts()
        loaded = [(name, (await self._store.load(name))[1]) for name in everybody]
        return [name for name, state in loaded if name != SERVER and state.clock is not None]

    async def move(self, account: str, move: Callable[[Clock, int], Clock]) -> Clock:
        """Change the clock of an account at this real moment; it is its own from then on."""
        server = (await self._store.load(SERVER))[1]
        # Both of one moment: the state may be the next one when something was waited for.
        clock, shifts = self.by(SERVER, server, server), server.shifts
        real = self._real()
        command = SetClock(clock, shifts, real, lambda clock: move(clock, real))
        self._known[account] = clock = await change(self._store, account, command)
        return clock

    async def move_all(
        self, ahead: int, rate: float | None = None, frozen: bool | None = None
    ) -> None:
        """Move the server's clock and all others at this real moment, as ``Shift`` says.

        It has happened to all with the first step. That those with a clock of their own take it in
        besides is for who reads them alone, and so that a few moves to remember are enough.
        """
        shift = Shift(self._real(), ahead, rate, frozen)
        self._known[SERVER] = await change(self._store, SERVER, ShiftAll(self._first, shift))
        for name in await self.own():
            await self.move(name, lambda clock, real: clock)

    async def begin(self) -> None:
        """Let the server's clock be a fact of the store, as it is or as it begins now."""
        await change(self._store, SERVER, BeginClock(self._first))

    def forget(self, account: str | None = None) -> None:
        """Let one account go by the server's clock again, or begin anew with all."""
        if account is not None:
            self._known.pop(account, None)
            return
        self._known.clear()
        self._first = self._begin()

    def _going_by(self, state: State, server: State) -> Clock:
        """The clock of an account by the facts alone."""
        if state.clock is None:
            return server.clock or self._first
        return server.shifts.after(state.shifts.count, state.clock)

    def _begin(self) -> Clock:
        real, config = self._real(), self._config
        start = real if config.start is None else config.start
        return Clock(start, real, config.rate, config.freeze)
