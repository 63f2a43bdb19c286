"""How each kind of endpoint wants to be spoken to: read from `profiles.yaml`."""

from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).parent / "profiles.yaml"
ANY = "compatible"


class Profile(BaseModel):
    """One entry of the file, which says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    needs_key: bool = False
    max_tokens_as: Literal["max_tokens", "max_completion_tokens"]
    strict: bool
    usage: bool
    seed: bool
    temperature: float | None
    body: dict[str, Any] = Field(default_factory=dict)
    free: bool = False
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def serves(self, base_url: str) -> bool:
        address = urlsplit(base_url)
        host, port = address.hostname or "", str(address.port or "")
        return any(port == known if known.isdigit() else fnmatchcase(host, known) for known in self.hosts)

    def for_model(self, model: str) -> "Profile":
        """With what is different for this model."""
        other = next((found for pattern, found in self.models.items() if fnmatchcase(model.lower(), pattern)), {})
        return Profile.model_validate(self.model_dump() | other)


@lru_cache
def profiles() -> dict[str, Profile]:
    entries: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Profile(name=name, **entry) for name, entry in entries.items()}


def profile_of(name: str, base_url: str, model: str) -> Profile:
    """`auto`: by the address, which is OpenAI's when there is none. Raises ValueError when nobody knows the name."""
    known = profiles()
    if name == "auto":
        served = next((p for p in known.values() if p.serves(base_url)), known[ANY])
        return (served if base_url else known["openai"]).for_model(model)
    if name not in known:
        raise ValueError(f"AGENT_PROFILE={name} is none of: {', '.join(known)}")
    return known[name].for_model(model)
