"""Generated requests, fitting and not fitting the description, on every route, from a signed-in shopper."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, CheckFunction
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.server import build_app
from evals.world import HandClock, fresh_world
from tests.api.calls import key, ok
from tests.api.routes import OPENAPI
from tests.worlds import ADA, settings_for

EXAMPLES = 12
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
"""Left out: `positive_data_acceptance`, because an id that fits its pattern is mostly one that does not exist, and 404 or 409
is then the right answer; `ignored_auth`, `missing_required_header` and `unsupported_method`, which test_sessions.py,
test_keys.py and test_rest.py ask with exact codes; `use_after_free` and `ensure_resource_availability`, which are about
chains of requests, written out in test_rest.py."""
ENDS_THE_SESSION = "sign_out"
"""Left to test_sessions.py: all the others need the session."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service on a socket: its event loop must outlive each request, and the in-process transport starts one for each."""
    folder = tmp_path_factory.mktemp("schemathesis")
    asyncio.run(fill(folder))
    config = uvicorn.Config(build_app(settings_for(folder)), "127.0.0.1", 0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    [listening] = server.servers[0].sockets
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


async def fill(folder: Path) -> None:
    await (await fresh_world(folder, HandClock())).close()


@pytest.fixture(scope="module")
def headers(api: str) -> dict[str, str]:
    tokens = ok(httpx.post(f"{api}/v1/sessions", json=ADA), 201)
    return {"Authorization": f"Bearer {tokens['access_token']}"}


GENERATION = GenerationConfig(with_security_parameters=False)  # the token is given by hand
CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=GENERATION)))
routes = schemathesis.openapi.from_dict(OPENAPI, config=CONFIG).exclude(operation_id=ENDS_THE_SESSION)


@routes.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_are_answered_as_described(case: Case[Any], api: str, headers: dict[str, str]) -> None:
    mine = headers if "Idempotency-Key" in (case.headers or {}) else headers | key()
    checks = [check for check in CHECKS if check is not negative_data_rejection or not has_empty_values(case)]
    case.call_and_validate(base_url=api, headers=mine, checks=checks, timeout=10)


def has_empty_values(case: Case[Any]) -> bool:
    """`?category=` says nothing, like leaving it out, whatever the pattern of a category."""
    return "" in (case.query or {}).values()
