"""The speed of a model on this machine: tokens a second and memory, measured by one request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from cgp.chat_models.errors import ModelFileError
from cgp.chat_models.server import ServerPlan, running

PROMPT_WORDS: Final = 400
ANSWER_TOKENS: Final = 64
_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second of the prompt and of the answer, and the server's memory in bytes.

    ``memory`` is the greatest resident size; None where the system does not tell it.
    """

    prompt_tokens: int
    prompt_rate: float
    answer_tokens: int
    answer_rate: float
    memory: int | None
    threads: int


def measure(model: Path, *, threads: int = 1, context: int = 2048) -> Speed:
    """Return the speed of a model: the server's own timings of a prompt and of 64 tokens.

    Raises:
        ModelFileError: if the server does not start or does not answer.
    """
    plan = ServerPlan(model, port=0, context=context, threads=threads)
    with running(plan) as (address, process):
        try:
            timings = asyncio.run(_timings(address))
        except (aiohttp.ClientError, TimeoutError, KeyError) as error:
            raise ModelFileError(f"the server with {model.name} failed: {error!r}") from error
        return Speed(
            prompt_tokens=int(timings["prompt_n"]),
            prompt_rate=float(timings["prompt_per_second"]),
            answer_tokens=int(timings["predicted_n"]),
            answer_rate=float(timings["predicted_per_second"]),
            memory=greatest_memory(process),
            threads=threads,
        )


def greatest_memory(process: int) -> int | None:
    """Return the greatest resident size of a process in bytes (Linux), None elsewhere."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) * 1024 if sizes else None


async def _timings(address: str) -> dict[str, Any]:
    # Words that no model has seen in this order: nothing of the prompt is in a cache.
    words = " ".join(f"word{number}" for number in range(PROMPT_WORDS // 4))
    request = {
        "prompt": f"The meeting decided that {words}, and then",
        "n_predict": ANSWER_TOKENS,
        "temperature": 0,
        "ignore_eos": True,
        "cache_prompt": False,
    }
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{address}/completion", json=request) as answer,
    ):
        answer.raise_for_status()
        timings: dict[str, Any] = (await answer.json())["timings"]
        return timings
