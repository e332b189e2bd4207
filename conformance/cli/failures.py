"""What went wrong, as one line and an exit status."""

import aiohttp

from conformance.catalogue.documents import FixtureError
from conformance.collect.control import ControlError
from conformance.collect.options import UsageError
from conformance.collect.preflight import NotThere
from conformance.collect.transcript import TranscriptError
from conformance.judge import tracing
from conformance.judge.deviations import DeviationError
from conformance.plan.ledger import LedgerError, OverBudget
from conformance.plan.prices import PriceError


def status(fault: BaseException) -> tuple[int, str]:
    """Exit status and message of a fault."""
    if isinstance(fault, ExceptionGroup):
        return status(fault.exceptions[0])
    if isinstance(fault, UsageError | DeviationError | PriceError | TranscriptError | LedgerError):
        return 2, str(fault)
    if isinstance(fault, NotThere):
        return 3, str(fault)
    if isinstance(fault, ControlError):
        return 5, f"the control plane fails: {fault}"
    if isinstance(fault, FixtureError):
        return 5, str(fault)
    if isinstance(fault, aiohttp.ClientError):
        return 5, f"the control plane fails: {fault}"
    if isinstance(fault, OverBudget):
        return 4, f"nothing more can be sent: {fault}"
    if isinstance(fault, OSError) and fault.strerror:
        return 2, f"{fault.filename}: {fault.strerror}" if fault.filename else fault.strerror
    return 5, f"a fault of the suite's own: {tracing.told(fault)} (--debug shows the way there)"
