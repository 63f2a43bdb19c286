"""All operations of the foreign shop: importing this completes its catalog."""

from . import reads, writes
from .catalog import TAU

__all__ = ["TAU", "reads", "writes"]
