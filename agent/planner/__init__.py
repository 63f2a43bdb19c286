"""The built-in planner: a deterministic chat model that carries shopping conversations in English and Chinese."""

from .model import Planner

__all__ = ["Planner"]
