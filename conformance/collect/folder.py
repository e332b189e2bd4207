"""The report's folder: one run at a time, and nothing that was paid for is lost."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from conformance.collect import transcript
from conformance.collect.options import Options, UsageError
from conformance.collect.transcript import TranscriptError
from conformance.plan.ledger import Ledger, LedgerError, Limits

RUN, LEDGER = "run.jsonl", "ledger.jsonl"


def made(folder: Path) -> None:
    """Make the report's folder; UsageError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise UsageError(f"--report-dir {folder}: {fault.strerror}") from fault


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the system opens the lock again when this one dies."""
    try:
        import fcntl  # noqa: PLC0415 (not on every platform)
    except ImportError:  # pragma: no cover - Windows has none
        yield
        return
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise UsageError(f"--report-dir {folder}: another run is going on there") from fault
        yield


def resumable(options: Options) -> None:
    """Refuse to go on with a run away from its ledger, which says what it has bought."""
    path, folder = options.resume, options.report_dir
    if path is None:
        return
    if path.name != RUN or path.resolve().parent != folder.resolve():
        raise UsageError(
            f"--resume {path}: a run goes on in its own folder, as {RUN} beside its {LEDGER}"
        )
    if not (folder / LEDGER).is_file():
        raise UsageError(f"--resume {path}: its {LEDGER} is not beside it, so go on is not safe")


def set_aside(folder: Path) -> str:
    """Make room for a new run; what an earlier one may have bought is kept under another name."""
    old = folder / LEDGER
    if not old.exists():
        return ""
    if _bought_nothing(folder):
        old.unlink()
        return ""
    number = next(each for each in range(1, 10**6) if not _kept(folder, LEDGER, each).exists())
    for name in (LEDGER, RUN):
        if (folder / name).exists():
            (folder / name).rename(_kept(folder, name, number))
    return _kept(folder, LEDGER, number).name


def _kept(folder: Path, name: str, number: int) -> Path:
    return folder / name.replace(".", f"-{number}.")


def _bought_nothing(folder: Path) -> bool:
    """Whether a ledger says that nothing is owed, or that it was the simulator that was asked."""
    with contextlib.suppress(TranscriptError):
        if transcript.first(folder / RUN)["world"].get("control") is True:
            return True
    try:
        ledger = Ledger(folder / LEDGER, Limits())
    except LedgerError:
        return False
    ledger.close()
    return not ledger.tasks
