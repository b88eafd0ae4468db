import asyncio
import json

import pytest

from cgp.annotators.errors import (
    BackendRefusedError,
    BackendUnavailableError,
    UnusableAnswerError,
)
from cgp.annotators.prompt import prompt_hash
from tests.kit.llm_server import (
    KEY,
    Drops,
    Endless,
    OpenAIServer,
    Raw,
    Says,
    Stalls,
    Status,
    Streams,
)


async def test_an_answer_becomes_metadata(serve, annotator_for, talk, good):
    server = await serve(Says(good))
    annotator = annotator_for(server)
    metadata = await annotator.annotate(talk, max_tags=8)
    assert [tag.text for tag in metadata.tags] == ["public transport", "ticket prices"]
    assert [profile.participant for profile in metadata.profiles] == [0, 1]
    assert metadata.profiles[0].claims[0].turns == (0,)
    assert annotator.name.endswith(f"/m@{prompt_hash()}")
    assert server.problems == []


async def test_an_answer_in_many_small_chunks_is_read(serve, annotator_for, talk, good):
    server = await serve(Streams(Says(good)))
    assert (await annotator_for(server).annotate(talk, max_tags=1)).tags[0].text


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Stalls(), "no complete answer within 0.5 s"),
        (Stalls(after_start=True), "no complete answer within 0.5 s"),
        (Endless(slow=True), "no complete answer within 0.5 s"),
        (Drops(), "connection was lost"),
        (Drops(after_start=True), "connection was lost"),
        (Status(500), "HTTP 500"),
        (Status(529), "HTTP 529"),
        (Status(429), "HTTP 429"),
        (Raw(b'{"choices": [{"mess'), "the response is malformed"),
        (Raw(b"<html>gateway</html>"), "the response is malformed"),
        (Raw(b"[1, 2]"), "the response is malformed"),
        (Raw(b""), "the response is malformed"),
        (Raw(b'{"choices": "no", "content": 3}'), "the response is malformed"),
        (Raw(b"\xff\xfe\x00"), "the response is malformed"),
    ],
    ids=str,
)
async def test_a_passing_failure_ends_in_an_error_and_a_repeat_in_an_answer(
    serve, annotator_for, talk, good, failure, message
):
    server = await serve(failure, failure, Says(good))
    silent = message.startswith("no complete answer")
    annotator = annotator_for(server, attempt_seconds=0.5 if silent else 20.0)
    async with asyncio.timeout(120):  # a guard against hanging, far above what it takes
        with pytest.raises(BackendUnavailableError, match=message):
            await annotator.annotate(talk, max_tags=8)
    patient = annotator_for(
        server, attempt_seconds=2.0 if silent else 20.0, retries=2, timeout_seconds=60.0
    )
    assert (await patient.annotate(talk, max_tags=8)).tags
    assert len(server.requests) == 3
    assert server.problems == []


async def test_an_endless_response_is_cut_off_by_its_size(serve, annotator_for, talk):
    server = await serve(Endless())
    with pytest.raises(BackendUnavailableError, match="did not end within 4194304 bytes"):
        await annotator_for(server, attempt_seconds=120, timeout_seconds=120).annotate(
            talk, max_tags=8
        )


@pytest.mark.parametrize("code", [301, 400, 401, 403, 404, 413, 422])
async def test_a_refused_request_is_not_repeated(serve, annotator_for, talk, code):
    server = await serve(Status(code, headers={"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(BackendRefusedError, match=f"HTTP {code}"):
        await annotator_for(server, retries=3).annotate(talk, max_tags=8)
    assert len(server.requests) == 1


async def test_a_key_in_a_servers_error_is_not_shown(serve, annotator_for, talk):
    server = await serve(Status(401, f"bad key {KEY} given"))
    with pytest.raises(BackendRefusedError, match=r"bad key \*\*\* given") as caught:
        await annotator_for(server).annotate(talk, max_tags=8)
    assert KEY not in str(caught.value)


async def test_a_server_that_is_not_there_is_a_clear_error(annotator_for, talk):
    async with OpenAIServer([Status(500)]).running() as server:
        pass
    with pytest.raises(BackendUnavailableError, match="no connection"):
        await annotator_for(server).annotate(talk, max_tags=8)


async def test_an_unreadable_answer_is_repaired_with_one_request(serve, annotator_for, talk, good):
    server = await serve(Says("I think it is about buses."), Says(good))
    assert (await annotator_for(server).annotate(talk, max_tags=8)).tags
    assert len(server.requests) == 2
    assert "it held no complete JSON object" in server.requests[1]["messages"][-1]["content"]
    assert "I think it is about buses" not in json.dumps(server.requests[1])
    assert server.problems == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "{}",
        '{"tags": []}',
        '{"tags": ["", "!!"]}',
        '{"tags": 7}',
        "[]",
        "null",
        "{" * 900,
    ],
)
async def test_garbage_twice_is_an_error_and_never_an_empty_success(
    serve, annotator_for, talk, text
):
    server = await serve(Says(text))
    with pytest.raises(UnusableAnswerError, match="cannot be used, also when asked again"):
        await annotator_for(server).annotate(talk, max_tags=8)
    assert len(server.requests) == 2


async def test_an_answer_cut_off_by_the_token_limit_keeps_its_whole_tags(
    serve, annotator_for, talk, good
):
    server = await serve(Says(good[: good.index("profiles")], finish="length"))
    metadata = await annotator_for(server).annotate(talk, max_tags=8)
    assert len(metadata.tags) == 2
    assert len(server.requests) == 1


async def test_an_answer_cut_off_too_early_says_so(serve, annotator_for, talk):
    server = await serve(Says('{"ta', finish="length"))
    with pytest.raises(UnusableAnswerError, match="cut off at 4096 tokens"):
        await annotator_for(server).annotate(talk, max_tags=8)


async def test_a_refusal_is_an_error_and_not_repaired(serve, annotator_for, talk):
    server = await serve(Says("I cannot help with that", finish="refusal", refusal="I cannot"))
    with pytest.raises(UnusableAnswerError, match="the model refused"):
        await annotator_for(server).annotate(talk, max_tags=8)
    assert len(server.requests) == 1


async def test_features_that_a_server_turns_down_are_left_out(annotator_for, talk, good):
    unsupported = ["temperature", "seed", "json_schema", "max_completion_tokens"]
    async with OpenAIServer([Says(good)], unsupported=unsupported).running() as server:
        annotator = annotator_for(server)
        await annotator.annotate(talk, max_tags=8)
        await annotator.annotate(talk, max_tags=7)
        assert [set(request) for request in server.requests] == [
            {"model", "messages", "max_tokens", "response_format"}
        ] * 2
        assert server.requests[0]["response_format"] == {"type": "json_object"}
        assert server.problems == []


async def test_a_deterministic_answer_is_asked_for_where_offered(annotator_for, talk, good):
    async with OpenAIServer([Says(good)]).running() as server:
        await annotator_for(server, seed=7).annotate(talk, max_tags=8)
        (request,) = server.requests
        assert (request["temperature"], request["seed"]) == (0.0, 7)
        assert request["response_format"]["type"] == "json_schema"
        assert request["max_completion_tokens"] == 4096


async def test_a_200_that_holds_an_error_is_an_error(annotator_for, talk):
    body = b'{"error": {"message": "provider down", "code": 502}}'
    async with OpenAIServer([Raw(body)]).running() as server:
        with pytest.raises(BackendUnavailableError, match="provider down"):
            await annotator_for(server).annotate(talk, max_tags=8)


async def test_an_account_without_credit_is_not_asked_again(annotator_for, talk):
    body = '{"error": {"code": "insufficient_quota", "message": "pay"}}'
    async with OpenAIServer([Status(429, body)]).running() as server:
        with pytest.raises(BackendRefusedError, match="no credit left"):
            await annotator_for(server, retries=3).annotate(talk, max_tags=8)
        assert len(server.requests) == 1
