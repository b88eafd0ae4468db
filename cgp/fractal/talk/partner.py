"""The other side of a conversation: a model behind LM Studio or any OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

from pydantic import SecretStr

from cgp.annotators.annotator import AnnotationError
from cgp.annotators.answer import AnswerForm
from cgp.annotators.chat_model import ChatModel
from cgp.annotators.presets import PRESETS, Backend
from cgp.annotators.prompt import Example, PromptProfile, Question
from cgp.extras import how_to_install
from cgp.fractal.talk.conversing import Line, RefusalError
from cgp.fractal.talk.errors import PartnerError
from cgp.model_settings import LlmSettings
from cgp.web_address import web_address

_SYSTEM = "You are talking with somebody. Answer in one to three sentences, in plain text."
# A turn of a talk is short; a model that does not end is stopped.
_MOST_TOKENS = 400
# Older turns are left out, so that a long talk still fits a small model's context.
_MOST_EXCHANGES = 20


@dataclass(frozen=True, slots=True)
class PartnerAddress:
    """Server and model of a partner; ``url`` ends in ``/v1`` for most servers.

    Raises:
        PartnerError: if the address is not an http address, or the model has no name.
    """

    url: str
    model: str
    key: str | None = None
    temperature: float = 0.7

    def __post_init__(self) -> None:
        try:
            web_address(self.url)
        except ValueError as error:
            raise PartnerError(f"--partner {self.url}: {error}") from None
        if not self.model.strip():
            raise PartnerError("a partner needs the name of its model")


class PartnerParty:
    """A model behind a server as a party; it hears the whole talk as its history."""

    def __init__(self, model: ChatModel, name: str) -> None:
        self._model = model
        self._name = name

    @property
    def name(self) -> str:
        """The name in the conversation."""
        return self._name

    async def reply(self, lines: Sequence[Line], speaker: int) -> str:
        """Return the model's words; see ``cgp.fractal.talk.conversing.Party``."""
        question = _question(lines, speaker)
        try:
            completion = await self._model.complete(question)
        except AnnotationError as error:
            raise PartnerError(f"{self._name}: {error}") from error
        if completion.refusal:
            raise RefusalError(f"{self._name}: {completion.refusal[:300]}")
        return completion.text


def partner(address: PartnerAddress, seconds: float) -> AbstractAsyncContextManager[PartnerParty]:
    """Return a party at an address, to be entered; ``seconds`` is the most for one answer.

    Raises:
        PartnerError: if the package that speaks with such servers is not installed.
    """
    try:
        from cgp.annotators.openai_compatible import OpenAICompatibleModel
    except ImportError as error:
        raise PartnerError(f"a partner needs {how_to_install('llm')}") from error
    backend = Backend(
        name="lmstudio",
        preset=PRESETS["lmstudio"],
        base_url=address.url.rstrip("/"),
        model=address.model,
        key=SecretStr(address.key) if address.key else None,
        structured="text",
        price=None,
        bounds=False,
        prompt=PromptProfile.FULL,
    )
    settings = LlmSettings(temperature=address.temperature, attempt_seconds=max(1.0, seconds))

    @asynccontextmanager
    async def open_party() -> AsyncIterator[PartnerParty]:
        model = OpenAICompatibleModel(backend, settings)
        try:
            yield PartnerParty(model, address.model)
        finally:
            await model.close()

    return open_party()


def _question(lines: Sequence[Line], speaker: int) -> Question:
    """Return the talk as the partner hears it: the other party's lines are the user's."""
    exchanges = [
        Example(first.text, second.text)
        for first, second in pairwise(lines)
        if first.speaker != speaker and second.speaker == speaker
    ]
    return Question(
        system=_SYSTEM,
        user=lines[-1].text,
        # The form says how an annotation is asked for; a plain text answer has none.
        form=AnswerForm(max_tags=1, speakers=0, profiles=False),
        examples=tuple(exchanges[-_MOST_EXCHANGES:]),
        max_tokens=_MOST_TOKENS,
    )
