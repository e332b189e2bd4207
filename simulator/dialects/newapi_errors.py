"""What the new-api code base says of everything that is wrong, and the headers of its answers.

Wire facts: the source of QuantumNous/new-api at 4ca47ee2 (2026-06-06) and bde9b2f4 (2026-07-11):
middleware/auth.go, middleware/utils.go, middleware/distributor.go, i18n/locales, dto/task.go,
relay/relay_task.go, common/str.go; and what builds of both answered on 2026-11-28. Its punctuation
is its own: some commas and dollar signs are fullwidth, others are not.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from simulator.core.chance import ALNUM
from simulator.core.clock import SECOND, moment
from simulator.core.problems import Kind, Problem
from simulator.dialects import ark_errors
from simulator.dialects.newapi_base import PER_DOLLAR
from simulator.engine.call import BODY_LIMIT, Call, Reply

VERSION = "v1.0.0-rc.14"
# The first eight digits of the hash of the module's path, so they are every build's.
BUILD = "8268d9d6"
LONGEST_ECHO = 200
# The hash of the web page that these builds carry.
CACHED = {
    "Cache-Control": "max-age=604800",
    "Cache-Version": "b688f2fb5be447c25e5aa3bd063087a83db32a288bf6a4f35f2d8db310e40b14",
}
# What is no path of the API is the web page's.
API = ("/v1", "/api", "/assets")
PAGE = (
    b'<!doctype html>\n<html lang="zh">\n<head><meta charset="utf-8"><title>New API</title>'
    b'</head>\n<body><div id="root"></div></body>\n</html>\n'
)
# What is said to a body that cannot be unpacked.
NO_ANSWER = Reply(400, None)

# What is said before a task is thought of: in English, and in Chinese to those who prefer it.
NO_MODEL = "Model name not specified, model name cannot be empty"
INVALID = "Invalid request: {detail}"
NO_ACCESS = "This token has no access to model {model}"
NO_CHANNEL = "No available channel for model {model} under group default (distributor)"
CHINESE: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "Invalid token": "无效的令牌",
        "Token not provided": "未提供令牌",
        NO_MODEL: "未指定模型名称，模型名称不能为空",
        INVALID: "无效的请求，{detail}",
        NO_ACCESS: "该令牌无权访问模型 {model}",
        NO_CHANNEL: "分组 default 下模型 {model} 无可用渠道（distributor）",
    },
    "zh-TW": {
        "Invalid token": "無效的令牌",
        "Token not provided": "未提供令牌",
        NO_MODEL: "未指定模型名稱，模型名稱不能為空",
        INVALID: "無效的請求，{detail}",
        NO_ACCESS: "該令牌無權存取模型 {model}",
        NO_CHANNEL: "分組 default 下模型 {model} 無可用管道（distributor）",
    },
}

KEYS: Mapping[Kind, tuple[int, str]] = {
    Kind.NO_KEY: (401, "Invalid token"),
    Kind.BAD_KEY: (401, "Invalid token"),
    Kind.UNKNOWN_KEY: (401, "Invalid token"),
    Kind.EXPIRED_KEY: (401, "Invalid token"),
    Kind.BANNED: (403, "User has been banned"),
}
_TOO_LARGE = f"request body exceeds {BODY_LIMIT // 1024**2} MB: request body too large"
_SATURATED = "当前分组上游负载已饱和，请稍后再试"
TASKS: Mapping[Kind, tuple[int, str, str]] = {
    Kind.LIMITED: (429, "fail_to_fetch_task", _SATURATED),
    Kind.QUEUE_FULL: (429, "fail_to_fetch_task", _SATURATED),
    Kind.UNKNOWN_TASK: (400, "task_not_exist", "task_not_exist"),
    Kind.UNKNOWN_FILE: (400, "file_not_exist", "file_not_exist"),
    Kind.RENDER: (500, "do_request_failed", "do request failed: {detail}"),
}


def request_id(call: Call) -> str:
    """The time to the second, its nanoseconds, the build, eight letters.

    The builds of June leave out the zeros that the nanoseconds begin with.
    """
    draws = call.chance
    nanoseconds = call.now % SECOND * 1_000_000 + draws.number("nanoseconds", 0, 999_999)
    digits = str(nanoseconds) if call.observed else f"{nanoseconds:09}"
    word = draws.word("request", ALNUM, 8)
    return f"{moment(call.now):%Y%m%d%H%M%S}{digits}{BUILD}{word}"


def dress(call: Call) -> Mapping[str, str]:
    """The headers of every answer: the request's id and the build."""
    return {"X-Oneapi-Request-Id": request_id(call), "X-New-Api-Version": VERSION}


def middleware_error(call: Call, status: int, message: str, code: str = "", **named: Any) -> Reply:
    """What is refused before a task is thought of: keys, models, bodies."""
    text = f"{_in_words(call, message).format(**named)} (request id: {request_id(call)})"
    return Reply(status, {"error": {"code": code, "message": text, "type": "new_api_error"}})


def _in_words(call: Call, message: str) -> str:
    """A message in the language that the caller likes best, if the code base speaks it."""
    first = call.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip().lower()
    if not first.startswith("zh"):
        return message
    traditional = first in ("zh-tw", "zh-hk", "zh-hant")
    return CHINESE["zh-TW" if traditional else "zh-CN"].get(message, message)


def task_error(status: int, code: str, message: str) -> Reply:
    """What is refused of a task: validation, money, the upstream."""
    return Reply(status, {"code": code, "message": message, "data": None})


def routing_error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """What is said of a path that leads nowhere."""
    body = {"message": message, "type": "invalid_request_error", "param": "", "code": ""}
    return Reply(status, {"error": body}, headers or {})


def refuse_call(problem: Problem, call: Call) -> Reply:
    """The code base's own words, for every kind of problem."""
    kind = problem.kind
    if kind in (Kind.NO_ROUTE, Kind.NO_METHOD) and call.observed:
        return nowhere(call)
    if kind is Kind.NO_ROUTE:
        return routing_error(404, f"Invalid URL ({call.method} {call.path})")
    if kind is Kind.NO_METHOD:
        headers = {"Allow": str(problem.limit)}
        return routing_error(405, f"Method Not Allowed ({call.method} {call.path})", headers)
    if kind in KEYS:
        return _key_error(problem, call)
    if kind in (Kind.TOO_LARGE, Kind.UNREADABLE, Kind.NOT_OBJECT, Kind.CONTENT_TYPE):
        return _body_error(problem, call)
    if problem.field == "model":
        return _model_error(problem, call)
    if call.path.endswith("/content") and kind in (Kind.UNKNOWN_TASK, Kind.STATE, Kind.RENDER):
        return content_error(problem)
    if kind is Kind.REVIEW:
        return passed_on(ark_errors.refusal(problem, call, ""))
    if kind is Kind.BROKE:
        return task_error(403, "insufficient_user_quota", _short_of(problem))
    if kind in TASKS:
        status, code, message = TASKS[kind]
        return task_error(status, code, message.format(detail=problem.detail))
    return task_error(400, "invalid_request", f"{problem.fields} {problem.detail}".strip())


def nowhere(call: Call) -> Reply:
    """What there is where no call is: the web page, or an error below the paths of the API.

    It knows neither 405 nor ``Allow``.
    """
    if not call.path.startswith(API):
        return Reply(200, PAGE, {"Cache-Control": "no-cache"}, "text/html; charset=utf-8")
    return routing_error(404, f"Invalid URL ({call.method} {call.path})", CACHED)


def passed_on(upstream: Reply) -> Reply:
    """The upstream's refusal: its status, and its raw body as the message, addresses masked."""
    text = json.dumps(upstream.body, ensure_ascii=False, separators=(",", ":"))
    return task_error(upstream.status, "fail_to_fetch_task", masked(text))


def _key_error(problem: Problem, call: Call) -> Reply:
    status, message = KEYS[problem.kind]
    if not call.path.startswith("/api/"):
        return middleware_error(call, status, message)
    if problem.kind is Kind.NO_KEY:
        message = "Token not provided"
    return Reply(status, {"message": _in_words(call, message), "success": False})


def _body_error(problem: Problem, call: Call) -> Reply:
    """What is said of a body in which no model can be looked for.

    What it says of a form is Go's own text for some mistakes, which here is ours.
    """
    if problem.aspect == "encoding" and call.observed:
        return NO_ANSWER
    status = 413 if problem.kind is Kind.TOO_LARGE and not call.observed else 400
    if problem.kind in (Kind.NOT_OBJECT, Kind.CONTENT_TYPE):
        return middleware_error(call, 400, NO_MODEL)
    if problem.kind is Kind.TOO_LARGE:
        detail = _TOO_LARGE
    elif problem.field or call.headers.get("Content-Type", "").lower().startswith("multipart/"):
        detail = f"{problem.field} {problem.detail}".strip()
    else:
        detail = "invalid JSON request body"
    return middleware_error(call, status, INVALID, detail=f"Invalid request: {detail}")


def _model_error(problem: Problem, call: Call) -> Reply:
    if problem.kind is Kind.MISSING:
        return middleware_error(call, 400, NO_MODEL)
    if problem.kind is Kind.TYPE:
        detail = "Invalid request: field model must be a string"
        return middleware_error(call, 400, INVALID, detail=detail)
    name = str(problem.got)[:LONGEST_ECHO]
    if problem.kind is Kind.NO_GROUP and call.account.models:
        return middleware_error(call, 403, NO_ACCESS, model=name)
    return middleware_error(call, 503, NO_CHANNEL, "model_not_found", model=name)


def content_error(problem: Problem) -> Reply:
    """What the call for the clip itself says in the place of a clip."""
    status, message, name = {
        Kind.UNKNOWN_TASK: (404, "Task not found", "invalid_request_error"),
        Kind.STATE: (
            400,
            f"Task is not completed yet, current status: {problem.got}",
            "invalid_request_error",
        ),
    }.get(problem.kind, (502, "Failed to fetch video content", "server_error"))
    return Reply(status, {"error": {"message": message, "type": name}})


def _short_of(problem: Problem) -> str:
    """What is said of a wallet that is empty, and of one that is not full enough."""
    left, needed = _dollars(problem.limit), _dollars(problem.got)
    if isinstance(problem.limit, Decimal) and problem.limit > 0:
        return f"预扣费额度失败, 用户剩余额度: {left}, 需要预扣费额度: {needed}"
    return f"用户额度不足, 剩余额度: {left}"


def _dollars(amount: Any) -> str:
    return f"＄{amount / PER_DOLLAR:.6f}" if isinstance(amount, Decimal) else "＄0.000000"


_URL = re.compile(r"https?://[^\s/$.?#][^\s\"\\]*")
_DOMAIN = re.compile(
    r"\b(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+(?:com|cn|net|org|io|ai)\b"
)
_IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")


def masked(text: str) -> str:
    """A text whose addresses cannot be read any more.

    The code base would also take a closing quote for a part of an address; that is left alone here.
    """
    text = _URL.sub(lambda found: _masked_url(found[0]), text)
    text = _DOMAIN.sub(lambda found: _masked_host(found[0], each=True), text)
    return _IP.sub("***.***.***.***", text)


def _masked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    segments = [segment for segment in parts.path.split("/") if segment]
    path = "".join("/***" for _ in segments) or parts.path[:1]
    names = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
    query = "?" + "&".join(f"{name}=***" for name in names) if names else ""
    return f"{parts.scheme}://{_masked_host(parts.netloc)}{path}{query}"


def _masked_host(host: str, *, each: bool = False) -> str:
    """The end of a name behind stars: one for all that is before it, or one for each part."""
    parts = host.split(".")
    if len(parts) < 2:
        return "***"
    tail = parts[-2:] if len(parts[-1]) == 2 and len(parts[-2]) <= 3 else parts[-1:]
    stars = max(1, len(parts) - len(tail)) if each else 1
    return ".".join(["***"] * stars + tail)
