"""Servers and models differ: where an answer is, which schema is known, how much fits."""

import json

import pytest

from cgp.annotators.errors import ContextOverflowError
from cgp.annotators.presets import PRESETS, pace
from cgp.annotators.prompt import PromptProfile, prompt_hash
from cgp.model_settings import LlmSettings
from tests.annotators.llm.conftest import GOOD as ANSWER
from tests.annotators.llm.conftest import conversation
from tests.kit.llm_server import Chooses, OpenAIServer, Says, Status


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": ANSWER},
        {"content": " \n", "reasoning": f"<think>hm</think>{ANSWER}"},
        {"content": [{"type": "text", "text": ANSWER[:9]}, {"type": "text", "text": ANSWER[9:]}]},
        {"content": "\n\n" + ANSWER + "\n\n"},
    ],
    ids=["reasoning_content", "reasoning", "parts", "white space"],
)
async def test_an_answer_is_read_wherever_a_server_puts_it(annotator_for, talk, message):
    async with OpenAIServer([Says("", message=message)]).running() as server:
        metadata = await annotator_for(server).annotate(talk, max_tags=8)
    assert [tag.text for tag in metadata.tags] == ["public transport", "ticket prices"]
    assert len(server.requests) == 1


async def test_the_schema_is_bounded_and_its_bounds_are_left_out_where_turned_down(
    annotator_for, talk
):
    for unsupported, bounded in (((), True), (("maxLength",), False)):
        async with OpenAIServer([Says(ANSWER)], unsupported=unsupported).running() as server:
            await annotator_for(server).annotate(talk, max_tags=8)
            (request,) = server.requests
            tags = request["response_format"]["json_schema"]["schema"]["properties"]["tags"]
            assert tags.get("maxItems") == (8 if bounded else None)
            assert server.problems == []


async def test_a_small_model_gets_examples_plain_lines_and_a_short_answer(annotator_for, talk):
    async with OpenAIServer([Says(ANSWER)]).running() as server:
        annotator = annotator_for(server, model="tiny-135M-Instruct", max_output_tokens=4000)
        await annotator.annotate(talk, max_tags=6)
        (request,) = server.requests
        assert annotator.name.endswith(prompt_hash(PromptProfile.SMALL))
    assert [message["role"] for message in request["messages"]] == [
        "system",
        *["user", "assistant"] * 2,
        "user",
    ]
    assert "Ada: How do I get to work?\nBen: Take the bus" in request["messages"][-1]["content"]
    assert set(request["response_format"]["json_schema"]["schema"]["properties"]) == {"tags"}
    assert request["max_completion_tokens"] == 32 + 16 * 6
    assert request["stop"]
    assert server.problems == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Bus ist schon wieder zu spät, und die Fahrkarten werden auch noch teurer.", "German"),
        ("El autobús llega tarde otra vez, y los billetes son cada vez más caros.", "Spanish"),
        ("バスがまた遅れています。切符も高くなりました。", "Japanese"),
    ],
)
async def test_a_small_model_is_asked_in_another_language_without_english_examples(
    annotator_for, text, language
):
    answer = json.dumps({"tags": [text.split(",")[0].removesuffix("。")[:12]]})
    async with OpenAIServer([Says(answer)]).running() as server:
        annotator = annotator_for(server, model="tiny-135M-Instruct")
        await annotator.annotate(conversation(text, text), max_tags=6)
        (request,) = server.requests
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert request["messages"][-1]["content"].endswith(f"of this conversation, in {language}.")


@pytest.mark.parametrize(
    ("preset", "values", "concurrency", "attempt_seconds"),
    [
        ("ollama", {}, 1, 60.0),
        ("llama.cpp", {"timeout_seconds": 200.0}, 1, 200.0),
        ("lmstudio", {"concurrency": 3, "attempt_seconds": 7.0}, 3, 7.0),
        ("vllm", {}, 4, 30.0),
        ("openai", {"timeout_seconds": 200.0}, 4, 30.0),
    ],
)
def test_a_program_of_ones_own_machine_is_asked_one_thing_at_a_time_and_given_all_the_time(
    preset, values, concurrency, attempt_seconds
):
    paced = pace(PRESETS[preset], LlmSettings(**values))
    assert (paced.concurrency, paced.attempt_seconds) == (concurrency, attempt_seconds)


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        ("gpt-5.4-mini", PromptProfile.FULL),
        ("llama3.2", PromptProfile.FULL),
        ("llama3.2:1b", PromptProfile.SMALL),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", PromptProfile.SMALL),
        ("qwen3-0.6b-q4_k_m", PromptProfile.SMALL),
        ("gemma3:270m", PromptProfile.SMALL),
        ("Qwen3.6-35B-A3B", PromptProfile.FULL),
        ("mistral-7b", PromptProfile.FULL),
        ("m", PromptProfile.FULL),
    ],
)
def test_the_size_in_a_models_name_decides_its_prompt(model, profile):
    assert PromptProfile.for_model(model) is profile


OVERFLOWS = {
    "llama.cpp": (
        400,
        '{"error":{"code":400,"message":"the request exceeds the available context size",'
        '"type":"exceed_context_size_error","n_prompt_tokens":%d,"n_ctx":%d}}',
    ),
    "OpenAI": (
        400,
        '{"error":{"message":"This model\'s maximum context length is 9999 tokens. However, your'
        ' messages resulted in too many.","code":"context_length_exceeded"}}',
    ),
    "Anthropic": (400, '{"error":{"message":"prompt is too long: %d tokens > %d maximum"}}'),
    "llama-cpp-python": (500, '{"error":{"message":"Requested tokens exceed context window"}}'),
    "proxy": (413, '{"error":{"message":"context size exceeded"}}'),
}


@pytest.mark.parametrize("kind", OVERFLOWS)
async def test_what_is_too_long_for_the_model_is_cut_smaller_and_merged(serve, annotator_for, kind):
    code, body = OVERFLOWS[kind]
    limit = 2500

    def fits(request):
        return len(request["messages"][-1]["content"]) <= limit

    def overflow(request):
        size = len(request["messages"][-1]["content"])
        return body % (size, limit) if "%d" in body else body

    server = await serve(
        Chooses(fits, Says(ANSWER), lambda request: Status(code, overflow(request)))
    )
    texts = [f"The ticket price of bus number {i} rises again this year." for i in range(150)]
    annotator = annotator_for(server, retries=0)
    metadata = await annotator.annotate(conversation(*texts), max_tags=8)
    assert [tag.text for tag in metadata.tags] == ["public transport", "ticket prices"]
    said = "\n".join(request["messages"][-1]["content"] for request in server.requests)
    assert all(text in said for text in texts)
    # What was learned holds for the next conversation: no request is too long any more.
    before = len(server.requests)
    await annotator.annotate(conversation(*texts[:100]), max_tags=8)
    assert all(fits(request) for request in server.requests[before:])
    assert before < len(server.requests) <= before + 10


async def test_a_context_that_holds_nothing_is_a_clear_error(serve, annotator_for, talk):
    server = await serve(Status(*OVERFLOWS["OpenAI"]))
    with pytest.raises(ContextOverflowError, match=r"not even 400 characters .* LLM_PROMPT=small"):
        await annotator_for(server, retries=3).annotate(talk, max_tags=8)
    assert len(server.requests) == 1
