import re
import subprocess
import sys

import pytest

from cgp.annotators import AnnotationError
from cgp.annotators.choose import make_annotator
from cgp.annotators.presets import PRESETS, resolve
from cgp.config import Settings
from cgp.model_settings import LlmSettings
from tests.kit.llm_server import Says, Status

KEYS = {preset.key: "k" for preset in PRESETS.values() if preset.key}


def with_llm(**llm):
    return Settings(_env_file=None, llm=LlmSettings(**llm))


async def test_without_settings_the_embedded_annotator_works(talk):
    annotator = make_annotator(with_llm())
    assert annotator.name.startswith("embedded/")
    assert (await annotator.annotate(talk, max_tags=4)).tags
    await annotator.close()


@pytest.mark.parametrize("name", PRESETS)
async def test_each_preset_needs_only_a_key_and_at_most_a_model(name, tmp_path):
    settings = Settings(
        _env_file=None, llm=LlmSettings(type=name, model="m"), data_dir=tmp_path, **KEYS
    )
    annotator = make_annotator(settings)
    assert annotator.name.startswith(f"{name}/m@")
    await annotator.close()


@pytest.mark.parametrize(
    ("llm", "message"),
    [
        ({"type": "gpt"}, "LLM_TYPE='gpt' is unknown: choose embedded or one of openai, anthropic"),
        ({"type": "openai"}, r"no key: set OPENAI_API_KEY \(or LLM_API_KEY\)"),
        ({"type": "anthropic"}, "no key: set ANTHROPIC_API_KEY"),
        ({"type": "openai", "api_key": "my key"}, "LLM_API_KEY holds a space or a character"),
        ({"type": "ollama", "base_url": "localhost:1"}, "must begin with http:// or https://"),
        ({"type": "vllm"}, "LLM_MODEL is not set: name the model that vllm serves"),
        ({"type": "openai", "api_key": "k", "daily_budget": 1}, "a budget needs a price"),
    ],
)
def test_what_is_missing_is_said_at_the_start(llm, message, monkeypatch):
    for name in KEYS:
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(AnnotationError, match=message):
        make_annotator(with_llm(**llm))


def test_a_hosted_services_key_is_not_sent_to_another_address():
    settings = Settings(
        _env_file=None, llm=LlmSettings(type="openai", base_url="http://127.0.0.1:1/v1"), **KEYS
    )
    assert resolve(settings).key is None


def test_a_server_of_ones_own_costs_nothing_and_fits_any_budget():
    assert resolve(with_llm(type="llama.cpp", daily_budget=0)).price.of(10**6, 10**6) == 0


def test_the_environment_sets_everything(monkeypatch):
    for name, value in {
        "LLM_TYPE": "groq",
        "LLM_MODEL": "m",
        "GROQ_API_KEY": "secret-key",
        "LLM_DAILY_BUDGET": "2",
        "LLM_PRICE_INPUT": "0.1",
        "LLM_PRICE_OUTPUT": "0.5",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    backend = resolve(settings)
    assert (backend.id, backend.price.output) == ("groq/m", 0.5)
    assert backend.key.get_secret_value() == "secret-key"
    assert "secret-key" not in repr(settings) + repr(backend)


async def test_a_spent_budget_goes_on_with_the_embedded_annotator(
    serve, settings, talk, good, caplog
):
    server = await serve(Says(good))
    annotator = make_annotator(
        settings(server, fallback="embedded", daily_budget=0, price_input=1, price_output=1)
    )
    assert annotator.name.endswith("|" + make_annotator(with_llm()).name)
    for _ in range(3):
        assert (await annotator.annotate(talk, max_tags=4)).tags
    await annotator.close()
    assert server.requests == []
    assert caplog.text.count("LLM_DAILY_BUDGET of $0 is spent") == 1


async def test_a_server_that_is_down_is_replaced_until_it_is_back(
    serve, settings, talk, good, caplog
):
    caplog.set_level("INFO")
    server = await serve(Status(500), Says(good))
    annotator = make_annotator(settings(server, fallback="embedded"))
    first = await annotator.annotate(talk, max_tags=4)
    second = await annotator.annotate(talk, max_tags=4)
    await annotator.close()
    assert first.tags
    assert [tag.text for tag in second.tags] == ["public transport", "ticket prices"]
    assert "answers again" in caplog.text


def test_without_the_extra_the_core_works_and_a_model_says_what_it_needs():
    """In a process where neither SDK can be imported."""
    code = """
import sys
sys.modules["openai"] = sys.modules["anthropic"] = None
from cgp.annotators import AnnotationError
from cgp.annotators.choose import make_annotator
from cgp.config import Settings
from cgp.model_settings import LlmSettings
make_annotator(Settings(_env_file=None))
for name in ("llama.cpp", "anthropic"):
    try:
        make_annotator(Settings(_env_file=None, llm=LlmSettings(type=name, api_key="k")))
    except AnnotationError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(
        "needs the llm extra" in line and re.search(r"(setup\.sh |\[)llm\b", line) for line in lines
    )
