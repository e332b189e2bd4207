"""Calls that are signed with an access key, as the cloud's own hosts take them: HMAC-SHA256.

"Signature method", Volcengine documentation 6369/67269, read through notes.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from conformance.collect import wireform
from conformance.collect.credentials import Accounts
from conformance.plan.probes import Probe


def signed(
    pair: tuple[str, str],
    place: str,
    method: str,
    url: str,
    content_type: str,
    raw: bytes,
    at: datetime,
) -> dict[str, str]:
    """The headers of a call that is signed at this moment with a pair of access key and secret.

    ``place`` is the region and the service that the signature is for, as ``cn-beijing/service``.
    """
    parts, day = urlsplit(url), f"{at.astimezone(UTC):%Y%m%d}"
    digest, moment = hashlib.sha256(raw).hexdigest(), f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    headers = {
        "content-type": content_type,
        "host": parts.netloc,
        "x-content-sha256": digest,
        "x-date": moment,
    }
    names = ";".join(headers)
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(text, safe='-_.~')}" for name, text in pairs
    )
    lines = [f"{name}:{text}\n" for name, text in headers.items()]
    call = "\n".join((method, parts.path or "/", query, "".join(lines), names, digest))
    scope = f"{day}/{place}/request"
    text = "\n".join(("HMAC-SHA256", moment, scope, hashlib.sha256(call.encode()).hexdigest()))
    access_key, secret = pair
    key = secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    named = f"Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    own = {"Authorization": f"HMAC-SHA256 {named}", "X-Date": moment}
    return {**own, "X-Content-Sha256": digest, "Content-Type": content_type}


def of_nobody(
    probe: Probe, form: wireform.Form, base: str, accounts: Accounts, place: str
) -> dict[str, str]:
    """The headers of a call that is to be signed, with an access key that nobody has; else none."""
    if probe.auth != "signed" or not isinstance(form.data, bytes):
        return {}
    url, kind = base + probe.path, form.content_type or wireform.JSON
    pair, now = (accounts.stranger, "c2VjcmV0"), datetime.now(UTC)
    return signed(pair, place, probe.method, url, kind, form.data, now)
