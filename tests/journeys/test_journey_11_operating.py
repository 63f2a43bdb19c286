"""Operating it: one command starts it; health, limits, other origins, compression, metrics, traces and logs; and a power cut."""

import asyncio
from pathlib import Path

import httpx

from tests.api.calls import MUG, key, ok, refused
from tests.api.processes import Server
from tests.api.test_process import filled, findings

PAGE = "https://shop.example"
A_MINUTE = 30


def test_an_operator_sees_limits_measures_and_restarts_the_shop(tmp_path: Path) -> None:
    asyncio.run(filled(tmp_path))
    proxied = {"API_TRUSTED_PROXIES": "127.0.0.1"}
    wanted = {**proxied, "API_METRICS": "true", "API_CORS_ORIGINS": PAGE, "API_RATE_PER_MINUTE": str(A_MINUTE)}
    with Server(tmp_path, {**wanted, "API_LOG_JSON": "true"}) as server:
        assert ok(httpx.get(f"{server.url}/readyz"))["status"] == "ok"
        with server.client() as http:
            order = _bought(http)
            _answers_other_pages(http)
            problem = refused(http.get("/v1/products/none"), 404, "product_not_found")
            from_afar = {"X-Forwarded-For": "203.0.113.9"}
            answers = [http.get("/v1/cart", headers=from_afar) for _ in range(A_MINUTE + 1)]
            assert {answer.status_code for answer in answers} == {200, 429}
            assert int(answers[-1].headers["retry-after"]) >= 1
        told = httpx.get(f"{server.url}/metrics").text
        assert 'domtok_operations_total{operation="place_order",outcome="ok",surface="rest"} 1.0' in told
        server.kill()
        assert problem["trace_id"] in server.log()
        server.start()
        with server.client() as http:
            assert ok(http.get(f"/v1/orders/{order}"))["order"] == order
        assert server.stop() == 0
    assert findings(tmp_path) == []


def _bought(http: httpx.Client) -> str:
    ok(http.post("/v1/cart/items", json={"sku": MUG}))
    made = ok(http.post("/v1/checkouts", json={}), 201)["checkout"]
    return str(ok(http.post(f"/v1/checkouts/{made}/place", headers=key()))["order"])


def _answers_other_pages(http: httpx.Client) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    allowed = http.options("/v1/products", headers=asked)
    assert allowed.headers["access-control-allow-origin"] == PAGE
    strange = http.options("/v1/products", headers={**asked, "Origin": "https://other.example"})
    assert "access-control-allow-origin" not in strange.headers
    assert http.get("/v1/products?limit=50").headers["content-encoding"] == "gzip"
