"""How a problem is refused: the page on errors, and the code base where observed."""

from collections.abc import Mapping

from simulator.core.problems import Kind, Problem
from simulator.dialects import newapi_errors
from simulator.engine.call import Call, Reply

# Status, type and code, as the page on errors has them.
CODES: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_ROUTE: (404, "invalid_request_error", "not_found"),
    Kind.NO_METHOD: (405, "invalid_request_error", "method_not_allowed"),
    Kind.NO_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.BAD_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.UNKNOWN_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.EXPIRED_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.BANNED: (403, "permission_error", "permission_denied"),
    Kind.NO_GROUP: (403, "permission_error", "permission_denied"),
    Kind.TOO_LARGE: (413, "invalid_request_error", "invalid_request_body"),
    Kind.CONTENT_TYPE: (400, "invalid_request_error", "invalid_request_body"),
    Kind.UNREADABLE: (400, "invalid_request_error", "invalid_request_body"),
    Kind.NOT_OBJECT: (400, "invalid_request_error", "invalid_request_body"),
    Kind.BROKE: (429, "insufficient_quota", "insufficient_quota"),
    Kind.LIMITED: (429, "requests", "rate_limit_exceeded"),
    Kind.QUEUE_FULL: (429, "requests", "rate_limit_exceeded"),
    Kind.UNKNOWN_TASK: (404, "invalid_request_error", "task_not_exist"),
    Kind.UNKNOWN_FILE: (404, "invalid_request_error", "not_found"),
    Kind.RENDER: (500, "upstream_error", "upstream_error"),
}
SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "There is nothing at {method} {path}.",
    Kind.NO_METHOD: "{method} is not allowed at {path}, only {limit}.",
    Kind.NO_KEY: "No API key was sent: the Authorization header has to be Bearer YOUR_API_KEY.",
    Kind.BAD_KEY: "The API key is malformed: the Authorization header has to be Bearer "
    "YOUR_API_KEY.",
    Kind.UNKNOWN_KEY: "The API key is unknown.",
    Kind.EXPIRED_KEY: "The API key has expired.",
    Kind.BANNED: "The account is banned.",
    Kind.NO_GROUP: "The API key has no access to the model {got}.",
    Kind.TOO_LARGE: "The request body has more than {limit} bytes.",
    Kind.CONTENT_TYPE: "multipart/form-data is required",
    Kind.REVIEW: "{got}: {detail}",
    Kind.BROKE: "The balance is not enough: {limit} left, {got} needed.",
    Kind.LIMITED: "Too many requests, try again in {wait}.",
    Kind.QUEUE_FULL: "Too many tasks are waiting, try again when one is done.",
    Kind.UNKNOWN_TASK: "The task {got} does not exist.",
}


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem as one object of three keys; live captures have Ark's inside."""
    if call.observed:
        return _refuse_observed(problem, call)
    status, name, code = CODES.get(problem.kind, (400, "invalid_request_error", "invalid_request"))
    template = SENTENCES.get(problem.kind)
    if template is None:
        message = f"{problem.field} {problem.detail}".strip()
    else:
        message = template.format(
            method=call.method,
            path=call.path,
            limit=problem.limit,
            got=problem.got,
            detail=problem.detail.replace("{item}", ""),
            wait=f"{problem.got} seconds" if isinstance(problem.got, int) else "a minute",
        )
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    return Reply(status, {"error": {"message": message, "type": name, "code": code}}, headers)


def _refuse_observed(problem: Problem, call: Call) -> Reply:
    """The code base's words, but for what only this gateway's own create call checks."""
    if problem.kind is Kind.CONTENT_TYPE:
        return newapi_errors.task_error(400, "invalid_request", problem.detail)
    if problem.field == "model" and problem.kind is not Kind.NO_GROUP:
        code = "missing_model" if problem.kind is Kind.MISSING else "invalid_request"
        return newapi_errors.task_error(400, code, f"model {problem.detail}")
    return newapi_errors.refuse_call(problem, call)
