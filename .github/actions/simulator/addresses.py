"""Tells the following steps of a job where a simulator is: its own address, and each dialect's."""

import json
import os
import sys
from urllib.request import ProxyHandler, Request, build_opener


def main(url: str, key: str) -> None:
    """Write ``SEEDANCE_URL``, ``SEEDANCE_<DIALECT>_URL`` and so on, once the server is healthy."""
    here = build_opener(ProxyHandler({}))  # a proxy of the job's is not for this machine
    here.open(f"{url}/_sim/health", timeout=10).close()
    with here.open(Request(url, headers={"Accept": "application/json"}), timeout=10) as answer:
        dialects = json.load(answer)["dialects"]
    told = {"SEEDANCE_URL": url, "SEEDANCE_KEY": key}
    for one in dialects:
        name = one["name"].upper()
        told[f"SEEDANCE_{name}_URL"] = one["base_url"]
        told[f"SEEDANCE_{name}_API_URL"] = one["api_url"]
    urls = {one["name"]: one["base_url"] for one in dialects}
    append("GITHUB_ENV", told)
    append("GITHUB_OUTPUT", {"url": url, "urls": json.dumps(urls), "key": key})


def append(variable: str, values: dict[str, str]) -> None:
    """Add lines to one of the files that the runner reads after the step."""
    with open(os.environ[variable], "a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


if __name__ == "__main__":
    main(*sys.argv[1:])
