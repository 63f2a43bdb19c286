"""Settings that can't be are told in a line that names the variable."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app

WRONG = {
    "API_LOG_LEVEL": "loud",
    "SHOP_ACCESS_MINUTES": "soon",
    "SHOP_DATABASE_URL": "postgresql://nowhere",
    "SHOP_CURRENCY": "dollars",
    "AGENT_MAX_STEPS": "0",
    "AGENT_EXTRA_BODY": "{",
    "AGENT_EXTRA_HEADERS": '{"X-Team": 1}',
    "API_TRUSTED_PROXIES": "10.0.0.0/8, the balancer",
    "API_CORS_ORIGINS": "shop.example.com",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_wrong_setting_is_named(variable: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path)], env={variable: WRONG[variable]})
    assert told.exit_code == 1
    assert told.output.startswith(f"{variable}: ")
    assert len(told.output.splitlines()) == 1


def test_the_log_level_is_understood_in_any_case(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["migrate", "--data", str(tmp_path)], env={"API_LOG_LEVEL": "debug"})
    assert told.exit_code == 0
