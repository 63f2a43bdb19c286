"""The money of a run: what may still be spent on it."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Budget:
    """What may still be spent; a conversation is begun only when all that it may cost is left."""

    left: float | None
    held: float = 0
    """By conversations that are being held, which may cost less."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, most: float) -> bool:
        """Waits while a conversation may still give back enough."""
        if self.left is None:
            return True
        async with self._changed:
            await self._changed.wait_for(lambda: self._left >= most or self._left + self.held < most)
            if self._left < most:
                return False
            self.left, self.held = self._left - most, self.held + most
            return True

    async def give_back(self, most: float, spent: float) -> None:
        if self.left is None:
            return
        async with self._changed:
            self.left, self.held = self._left + most - spent, self.held - most
            self._changed.notify_all()

    @property
    def _left(self) -> float:
        return self.left or 0
