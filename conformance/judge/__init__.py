"""The third stage: rules as pure functions over the transcript, one for each kind of row."""

from collections.abc import Callable, Mapping

from conformance.judge import (
    acceptance,
    agreement,
    answered,
    answers,
    balances,
    callbacks,
    clips,
    downloads,
    effects,
    errors,
    idempotency,
    life,
    links,
    lists,
    money,
    routes,
)
from conformance.judge.case import Case, Finding

Judge = Callable[[Case], Finding]

KINDS: Mapping[str, Judge] = {
    "actual": effects.actual,
    "adaptive": effects.judge,
    "agrees": agreement.agrees,
    "alone": acceptance.judge,
    "answered": answered.judge,
    "ascending": agreement.ascending,
    "asset": links.asset,
    "balance": balances.judge,
    "billing": money.billing,
    "body-size": acceptance.judge,
    "callback": callbacks.judge,
    "clip": clips.judge,
    "compare": money.compare,
    "constant": answers.constant,
    "content": downloads.content,
    "count": acceptance.judge,
    "credentials": acceptance.credentials,
    "default": effects.judge,
    "delete": life.deleted,
    "effect": effects.judge,
    "encoding": links.encoding,
    "enum": acceptance.judge,
    "envelope": errors.envelope,
    "error": errors.error,
    "excludes": acceptance.judge,
    "expiry": life.expiry,
    "form": acceptance.judge,
    "header": links.header,
    "hostile": acceptance.hostile,
    "http": answers.http,
    "idempotent": idempotency.idempotent,
    "identity": answers.identity,
    "ignored": effects.ignored,
    "kept": life.kept,
    "length": acceptance.judge,
    "lifetime": life.lifetime,
    "link": links.link,
    "list": lists.listing,
    "malformed": acceptance.hostile,
    "media": acceptance.judge,
    "media-type": acceptance.judge,
    "mode": acceptance.judge,
    "moment": answers.moment,
    "no-echo": answers.no_echo,
    "null-absent": acceptance.judge,
    "optional": acceptance.judge,
    "pairs": acceptance.mixed,
    "pattern": answers.pattern,
    "progress": life.progress,
    "range": acceptance.judge,
    "refund": money.refund,
    "refusal-text": acceptance.refusal_text,
    "required": acceptance.judge,
    "requires": acceptance.judge,
    "route": routes.route,
    "same": agreement.same,
    "shape": answers.shape,
    "stable": life.stable,
    "tenancy": life.tenancy,
    "tokens": money.tokens,
    "transitions": life.transitions,
    "type": acceptance.judge,
    "unique": agreement.unique,
    "unsupported": acceptance.looked,
    "wins": effects.judge,
    "witness": acceptance.judge,
    "words": answers.words,
}


def find(case: Case) -> Finding:
    """What the judge of a row's kind finds."""
    return KINDS[case.row.kind](case)


__all__ = ["KINDS", "Case", "Finding", "find"]
