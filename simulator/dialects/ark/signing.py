"""Who calls the asset library: whoever signed the request with an access key, or has an API key.

"Signature method", Volcengine documentation 6369/67269. The service itself takes signatures alone;
API keys are how most gateways offer the same calls.
"""

import hashlib
from dataclasses import replace

from simulator.core import signatures
from simulator.core.clock import MINUTE
from simulator.core.keys import AccessKey
from simulator.core.problems import Kind, refuse
from simulator.core.signatures import Signature, Signed
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.store import journal

# Where the calls stand, as a signer may have seen it.
PATHS = ("/", "/ark/", "/ark")
SERVICE = "ark"
REGION = "cn-beijing"
# How far the clock of a signer may be from ours, the real one: signers know no other.
SKEW = 15 * MINUTE


def access_key(call: Call) -> AccessKey:
    """The access key with which a call was signed."""
    signature = signatures.read(call.headers.get("Authorization", ""))
    if signature is None:
        raise refuse(Kind.BAD_KEY, detail="the Authorization header is malformed")
    return AccessKey(signature.access_key)


def region(call: Call) -> str:
    """The region that the caller signed for."""
    signature = signatures.read(call.headers.get("Authorization", ""))
    return REGION if signature is None else signature.region


def check(call: Call, engine: Engine, raw: bytes) -> None:
    """Refuse a signed call that is too old, of another service, or not as it was signed.

    The signature itself can be checked only where the key file names the secret.
    """
    signature = signatures.read(call.headers.get("Authorization", ""))
    if signature is None:
        return
    _check_date(call, signature, engine.real())
    if signature.service != SERVICE:
        detail = f"the credential is for the service {signature.service}, not {SERVICE}"
        raise refuse(Kind.BAD_KEY, detail=detail, aspect="credential")
    digest = hashlib.sha256(raw).hexdigest()
    if call.headers.get("X-Content-Sha256", digest) != digest:
        raise refuse(Kind.BAD_KEY, detail="X-Content-Sha256 is not of this body", aspect="mismatch")
    secret = call.account.secret_key
    if secret is None:
        journal.remark("the signature was not checked: only a key file can name its secret")
    elif not {"host", "x-date"} <= set(signature.signed):
        raise refuse(Kind.BAD_KEY, detail="host and x-date must be signed", aspect="mismatch")
    elif not _is_signed(call, signature, secret, digest):
        detail = "Check the secret key, the host and the headers that were signed."
        raise refuse(Kind.BAD_KEY, detail=detail, aspect="mismatch")


def _check_date(call: Call, signature: Signature, real: int) -> None:
    x_date = call.headers.get("X-Date")
    if x_date is None:
        raise refuse(Kind.BAD_KEY, detail="X-Date is missing", aspect="date missing")
    at = signatures.at(x_date)
    if at is None or abs(at - real) > SKEW:
        raise refuse(Kind.BAD_KEY, detail=f"X-Date is {x_date[:40]}", aspect="date")
    if x_date[:8] != signature.date:
        detail = f"the credential is of {signature.date}, X-Date is {x_date}"
        raise refuse(Kind.BAD_KEY, detail=detail, aspect="credential")


def _is_signed(call: Call, signature: Signature, secret: str, digest: str) -> bool:
    """Whether the signature is of this call, at any of the paths that lead here."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    signed = Signed(call.method, call.path, call.parameters, headers, digest)
    return any(signatures.matches(signature, secret, replace(signed, path=path)) for path in PATHS)
