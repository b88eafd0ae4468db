"""Making a conversation's ground truth: annotate all of it, combine the passes, seal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.baselines import BASELINES
from cgp.annotators.choose import open_annotator
from cgp.annotators.spec import EMBEDDED, split_specs
from cgp.chain import is_public
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.metadata import Metadata
from cgp.scoring import ScoringRule, combine_passes, seal
from cgp.store import GroundTruthRecord, SerialWorker
from cgp.windows import WindowPlan
from validator.selection import draw

_JOIN = " + "
# Characters of an annotator's name that a store keeps.
_MOST_NAME = 200


class PublicTruthError(
    AnnotationError,
    code="validator.public_truth",
    remedy="set LLM_TYPE or --validator.truth_annotators",
):
    """A ground truth that every miner can make itself, on a network where miners are paid."""


@asynccontextmanager
async def truth_annotators(settings: Settings) -> AsyncIterator[tuple[Annotator, ...]]:
    """Open the annotators of the ground truth: ``truth_annotators``, or the one annotator.

    Raises:
        AnnotationError: if one of them cannot be made, or they make a truth that is not allowed
            here.
    """
    specs: tuple[str | None, ...] = split_specs(settings.validator.truth_annotators) or (None,)
    async with AsyncExitStack() as stack:
        annotators = tuple(
            [await stack.enter_async_context(open_annotator(settings, spec)) for spec in specs]
        )
        require_private_truth(settings, annotators)
        yield annotators


def require_private_truth(settings: Settings, annotators: Sequence[Annotator]) -> None:
    """Check that miners cannot make the same ground truth themselves.

    The embedded annotator is public and deterministic: a miner that runs it unchanged gives
    exactly its tags, and would be paid as if for reading. A language model that falls back to the
    embedded annotator is refused too, since the fallback may make the whole truth. Beside another
    annotator that is not public, the embedded one is allowed.

    Raises:
        PublicTruthError: if all annotators are public, on ``test`` and ``finney``, unless
            ``allow_embedded_truth`` is set.
    """
    network = settings.subtensor.network.lower()
    if not is_public(network) or settings.validator.allow_embedded_truth:
        return
    if all(_is_public(annotator) for annotator in annotators):
        raise PublicTruthError(
            f"on {network} the ground truth would be {name_of(annotators)}'s, which every miner "
            "can run: miners that copy it would be paid more than miners that read. Use a language "
            "model (LLM_TYPE) or name several annotators (--validator.truth_annotators), or accept "
            "it with --validator.allow_embedded_truth"
        )


def name_of(annotators: Sequence[Annotator]) -> str:
    """Return the names of a ground truth's annotators, as they are stored and sealed with it."""
    return _JOIN.join(annotator.name for annotator in annotators)[:_MOST_NAME]


def _is_public(annotator: Annotator) -> bool:
    """Tell whether an annotator, or the one it falls back to, is one that every miner has."""
    # A name may list a model and its fallback with "|"; each begins with its type, before "/".
    names = {name.partition("/")[0] for name in annotator.name.split("|")}
    return not names.isdisjoint({EMBEDDED, *BASELINES})


class GroundTruthMaker:
    """Makes ground truths, sealed and ready to be stored.

    Each of ``annotators`` annotates the whole conversation as often as the settings say; a tag's
    support is the mean of their values, and tags that few of them hold are left out.
    """

    def __init__(
        self,
        settings: Settings,
        annotators: Sequence[Annotator],
        embedder: Embedder,
        rule: ScoringRule,
        worker: SerialWorker,
    ) -> None:
        self._settings = settings
        self._annotators = tuple(annotators)
        self._embedder = embedder
        self._rule = rule
        self._worker = worker

    async def make(self, conversation: Conversation) -> GroundTruthRecord:
        """Annotate the whole conversation, once per annotator and pass, and seal the result.

        Raises:
            AnnotationError: if one of the annotators cannot annotate: a truth of some of them would
                pay for other tags than a truth of all.
        """
        validator = self._settings.validator
        passes = [
            await annotator.annotate(
                conversation, max_tags=validator.max_tags, purpose="ground_truth"
            )
            for annotator in self._annotators
            for _ in range(validator.ground_truth_passes)
        ]
        truth = await self._worker(combine_passes, passes, self._embedder, self._rule.settings)
        return self._seal(conversation, truth)

    def _seal(self, conversation: Conversation, truth: Metadata) -> GroundTruthRecord:
        seed = draw(self._settings.validator.seed, conversation.content_hash)
        document = seal(
            truth,
            conversation=conversation.content_hash,
            model=name_of(self._annotators),
            plan=WindowPlan.of(self._settings.window),
            version=self._rule.version,
            seed=seed,
        )
        return GroundTruthRecord(
            seal=document.digest,
            document=document.document,
            annotator=name_of(self._annotators),
            embedder=self._embedder.id,
            rule_version=self._rule.version,
            seed=seed,
        )
