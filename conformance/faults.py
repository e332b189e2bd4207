"""What went wrong, as one line and an exit status."""

import aiohttp

from conformance import tracing
from conformance.control import ControlError
from conformance.deviations import DeviationError
from conformance.docs import FixtureError
from conformance.ledger import LedgerError, OverBudget
from conformance.options import UsageError
from conformance.preflight import NotThere
from conformance.prices import PriceError
from conformance.transcript import TranscriptError


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
