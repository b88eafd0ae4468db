"""Annotators written down in one line: read, made, and kept apart from the LLM_ settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.choose import annotator_of, make_annotator, open_annotator
from cgp.annotators.errors import BackendRefusedError
from cgp.annotators.spec import AnnotatorSpec, AnnotatorSpecError, split_specs
from cgp.config import Settings
from cgp.model_settings import LlmSettings
from tests.kit.llm_server import KEY, OpenAIServer, Says

NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("embedded", AnnotatorSpec("embedded")),
        ("embedded, max_tags=5", AnnotatorSpec("embedded", options={"max_tags": "5"})),
        ("openai:gpt-5.4-mini", AnnotatorSpec("openai", "gpt-5.4-mini")),
        ("ollama:llama3.2:1b", AnnotatorSpec("ollama", "llama3.2:1b")),
        ("groq:openai/gpt-oss-20b", AnnotatorSpec("groq", "openai/gpt-oss-20b")),
        (
            "llama.cpp@http://127.0.0.1:8080/v1,seed=3",
            AnnotatorSpec("llama.cpp", None, "http://127.0.0.1:8080/v1", {"seed": "3"}),
        ),
        (
            "openai:m@2@https://example.org/v1",
            AnnotatorSpec("openai", "m@2", "https://example.org/v1"),
        ),
    ],
)
def test_each_form_is_read(text, spec):
    assert AnnotatorSpec.parse(text) == spec


@given(
    kind=NAMES,
    model=st.none() | st.from_regex(r"[a-z][a-z0-9:/.-]{0,12}", fullmatch=True),
    address=st.none() | st.from_regex(r"https?://[a-z]{1,8}:[0-9]{2,4}/v1", fullmatch=True),
    options=st.dictionaries(NAMES, st.from_regex(r"[a-z0-9.]{1,6}", fullmatch=True), max_size=3),
)
def test_a_spec_is_written_as_it_is_read(kind, model, address, options):
    spec = AnnotatorSpec(kind, model, address, options)
    assert AnnotatorSpec.parse(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not have the form"),
        ("two words", "does not have the form"),
        ("openai:", "does not have the form"),
        ("embedded,max_tags", "write it NAME=VALUE"),
        ("embedded,max_tags=1,max_tags=2", "twice"),
        ("embedded,seed=1", "no option but max_tags"),
        ("embedded,max_tags=0", "max_tags must be 1 to 64, not '0'"),
        ("gpt", "there is no annotator 'gpt': choose embedded, one of openai, anthropic"),
        ("ollama,patience=3", "unknown option 'patience': choose from attempt_seconds"),
        ("ollama,api_key=abc", "unknown option 'api_key'"),
        ("ollama,timeout_seconds=soon", ": timeout_seconds: "),
        ("openai@https://me:secret@example.org", "which logs would show"),
        ("openai,key=NOT_THERE", "there is no environment variable NOT_THERE"),
    ],
)
def test_a_wrong_spec_says_what_is_wrong(text, message):
    with pytest.raises(AnnotatorSpecError, match=message) as caught:
        annotator_of(text, Settings(_env_file=None), environment={})
    assert "secret" not in str(caught.value).replace("a secret", "")


async def test_a_spec_decides_over_the_settings_and_max_tags_limits_the_tags(talk):
    settings = Settings(_env_file=None, annotator="embedded,max_tags=1", llm=LlmSettings(type="x"))
    async with open_annotator(settings) as annotator:
        assert len((await annotator.annotate(talk, max_tags=8)).tags) == 1
    async with open_annotator(settings, "embedded") as annotator:
        assert len((await annotator.annotate(talk, max_tags=8)).tags) > 1


async def test_a_model_of_a_spec_is_asked_with_its_own_settings(talk, good, tmp_path):
    async with OpenAIServer([Says(good)]).running() as server:
        settings = Settings(_env_file=None, data_dir=tmp_path)
        spec = f"openai:m@{server.base_url},seed=5,max_output_tokens=99,key=MY_KEY"
        annotator = annotator_of(spec, settings, environment={"MY_KEY": KEY})
        assert (await annotator.annotate(talk, max_tags=8)).tags
        await annotator.close()
        (request,) = server.requests
    assert (request["model"], request["seed"]) == ("m", 5)
    assert request["max_completion_tokens"] == 99
    assert server.problems == []


async def test_nothing_of_another_server_or_model_is_taken_over(talk, good, tmp_path):
    llm = LlmSettings(
        type="groq", model="a", api_key=KEY, price_input=3, price_output=3, seed=4, daily_budget=0
    )
    settings = Settings(_env_file=None, data_dir=tmp_path, llm=llm)
    # A server of one's own is free, so that a budget of nothing allows it: the price is not groq's.
    async with OpenAIServer([Says(good)]).running() as server:
        annotator = annotator_of(f"ollama:b@{server.base_url}", settings)
        with pytest.raises(BackendRefusedError, match="no bearer key"):
            await annotator.annotate(talk, max_tags=8)
        await annotator.close()
    assert annotator.name.startswith("ollama/b@")


def test_what_the_spec_leaves_open_is_as_in_the_settings(tmp_path):
    llm = LlmSettings(type="groq", model="a", api_key=KEY)
    settings = Settings(_env_file=None, data_dir=tmp_path, llm=llm)
    assert annotator_of("groq", settings).name.startswith("groq/a@")
    assert annotator_of("groq:b,fallback=embedded", settings).name.startswith("groq/b@")
    assert make_annotator(settings).name == annotator_of("groq", settings).name


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("embedded", ("embedded",)),
        ("embedded, ollama:llama3.2:1b", ("embedded", "ollama:llama3.2:1b")),
        (
            "embedded,max_tags=5,llama.cpp@http://127.0.0.1:8080/v1, timeout_seconds = 9,",
            ("embedded,max_tags=5", "llama.cpp@http://127.0.0.1:8080/v1, timeout_seconds = 9"),
        ),
        (" , ", ()),
    ],
)
def test_a_list_of_specs_keeps_options_with_their_spec(text, specs):
    assert split_specs(text) == specs


def test_a_baseline_is_an_annotator_too():
    assert annotator_of("frequent-words", Settings(_env_file=None)).name == "frequent-words"
