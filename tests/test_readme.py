"""What the README promises is so."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from agent.settings import AgentSettings
from api.settings import ApiSettings
from commerce.settings import ShopSettings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("settings", [ShopSettings, AgentSettings, ApiSettings])
def test_every_setting_stands_in_the_readme(settings: type[BaseSettings]) -> None:
    prefix = settings.model_config["env_prefix"]
    for name, field in settings.model_fields.items():
        variable = str(field.validation_alias or f"{prefix}{name}").upper()
        row = re.search(rf"^\| `{variable}` \| (.*?) \|", README, re.MULTILINE)
        assert row, f"{variable} is missing"
        default = str(field.default)
        if field.default not in ("", None) and "SecretStr" not in repr(field.default):
            assert row.group(1).strip("`") in {default, default.lower(), default.removesuffix(".0"), str(field.default)}


def test_the_readme_shows_the_two_commands() -> None:
    assert re.search(r"^make run$", README, re.MULTILINE)
    assert re.search(r"^make test$", README, re.MULTILINE)
