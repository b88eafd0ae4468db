"""Sleep between two looks at a queue, ended early where something is added to it."""

from __future__ import annotations

import asyncio


class Alarm:
    """Wakes one loop. A ring while the loop is awake ends its next sleep at once."""

    def __init__(self) -> None:
        self._rings = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._rings.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep until the next ring, at most for ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._rings.wait()
        except TimeoutError:
            return
        self._rings.clear()
