"""The real llama.cpp server, with tiny models made on the spot.

Optional: needs a Python with ``llama-cpp-python[server]`` and ``gguf``. It may be another one than this:
``CGP_LLAMA_PYTHON=/path/to/python pytest -m llama_cpp``.
"""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cgp.annotators.errors import BackendUnavailableError, UnusableAnswerError
from cgp.annotators.llm import make_llm_annotator
from cgp.config import LlmSettings, Settings
from tests.annotators.llm.conftest import conversation

PYTHON = os.environ.get("CGP_LLAMA_PYTHON", sys.executable)
KIT = Path(__file__).resolve().parents[2] / "kit" / "tiny_gguf.py"


def has_llama():
    check = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ['llama_cpp', 'gguf'])))"
    return subprocess.run([PYTHON, "-c", check], check=False).returncode == 0


@pytest.fixture(scope="module")
def llama():
    if not has_llama():
        pytest.skip(
            "llama-cpp-python[server] and gguf are not installed here (or in CGP_LLAMA_PYTHON)"
        )


@asynccontextmanager
async def serving(tmp_path, *options):
    """Yield the settings' ``llm`` values for a server of a tiny model."""
    model = tmp_path / "tiny.gguf"
    await asyncio.to_thread(subprocess.run, [PYTHON, KIT, model, *options], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--model", model, "--port", str(port), "--n_ctx", "16384", "--n_threads", "1"]
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        "-m",
        "llama_cpp.server",
        *arguments,
        "--chat_format",
        "chatml",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}/v1"
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while not await answers(session, url):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)
        yield {
            "type": "llama.cpp",
            "base_url": url,
            "timeout_seconds": 60.0,
            "attempt_seconds": 60.0,
        }
    finally:
        process.kill()
        await process.wait()


async def answers(session, url):
    try:
        async with session.get(f"{url}/models") as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


def annotator(tmp_path, llm):
    return make_llm_annotator(
        Settings(_env_file=None, llm=LlmSettings(**llm), data_dir=tmp_path / "data")
    )


TALK = conversation("How do I get to work?", "Take the bus, the tickets are cheap.")


@pytest.mark.llama_cpp
@pytest.mark.usefixtures("llama")
async def test_a_real_server_annotates(tmp_path):
    async with serving(tmp_path, "--answer") as llm:
        made = annotator(tmp_path, llm)
        metadata = await made.annotate(TALK, max_tags=8)
        accounts = await made._ledger.accounts()
        await made.close()
    assert [tag.text for tag in metadata.tags] == ["public transport", "bus"]
    (account,) = accounts
    assert (account.calls, account.failed, account.usd) == (1, 0, 0)
    assert account.input_tokens > 1000
    assert account.output_tokens in {3, 4}


@pytest.mark.llama_cpp
@pytest.mark.usefixtures("llama")
async def test_a_model_that_speaks_nonsense_is_a_clear_error(tmp_path):
    async with serving(tmp_path) as llm:
        made = annotator(tmp_path, {**llm, "max_output_tokens": 64})
        with pytest.raises(UnusableAnswerError, match=r"llama.cpp/default: .*cannot be used"):
            await made.annotate(TALK, max_tags=8)
        await made.close()


@pytest.mark.llama_cpp
@pytest.mark.usefixtures("llama")
async def test_a_server_that_is_killed_mid_answer_is_a_clear_error(tmp_path):
    """The nonsense model would go on for 4096 tokens; the server dies before."""
    async with serving(tmp_path) as llm:
        made = annotator(tmp_path, {**llm, "retries": 0, "structured": "text"})
        task = asyncio.create_task(made.annotate(TALK, max_tags=8))
        await asyncio.sleep(0.5)
    with pytest.raises(BackendUnavailableError):
        await task
    await made.close()
