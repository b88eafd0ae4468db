"""A small real model is served and measured, by llama.cpp's own server."""

import json
import urllib.request

import pytest

from cgp.chat_models import CATALOGUE, ModelFiles
from cgp.chat_models.files import _path_in_package
from cgp.chat_models.server import ServerPlan, running
from cgp.chat_models.speed import measure

pytestmark = pytest.mark.peers
pytest.importorskip("xllamacpp", reason="the extra models is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    entry = CATALOGUE["smollm2-135m-instruct"]
    if _path_in_package(entry.parts[0]) is None:
        pytest.skip(f"{entry.parts[0].requirement} is not installed")
    return ModelFiles(tmp_path_factory.mktemp("models")).get(entry)


def test_it_answers_over_the_openai_api_under_its_own_name(model):
    with running(ServerPlan(model.path, port=0, context=1024, threads=1)) as (address, _):
        request = urllib.request.Request(
            f"{address}/v1/chat/completions",
            json.dumps(
                {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}
            ).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = json.load(answer)
    assert said["choices"][0]["message"]["content"]
    assert said["model"] == "smollm2-135m-instruct"


def test_its_speed_and_memory_are_measured(model):
    speed = measure(model.path, threads=1, context=1024)
    assert speed.answer_tokens == 64
    assert speed.prompt_rate > 0
    assert speed.answer_rate > 0
    assert speed.memory is None or speed.memory > model.size
