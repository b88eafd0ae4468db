"""The tag model: one small learned ranker that says which phrases a careful reader would keep.

``shipped_model()`` gives the released model, ``TagModel.judge`` scores the candidates of a window,
``select`` chooses tags among them. ``cgp.tagmodel.training`` trains base and head. Only the head
(``Head``, under a schema hash) changes after a release. ``docs/tag-model.md`` is the model's card.
"""

from cgp.tagmodel.addition import Addition, ModelSource, model_source
from cgp.tagmodel.candidate import Candidate, Grammar, LabelSupport, Passages, WindowReading
from cgp.tagmodel.context import Place, context_vectors, places_of
from cgp.tagmodel.errors import TagModelError
from cgp.tagmodel.head import Head
from cgp.tagmodel.model import (
    CandidateTable,
    RankedCandidates,
    TagModel,
    load,
    released_file,
    save,
    shipped_model,
)
from cgp.tagmodel.selection import deserved_count, likely, select

__all__ = [
    "Addition",
    "Candidate",
    "CandidateTable",
    "Grammar",
    "Head",
    "LabelSupport",
    "ModelSource",
    "Passages",
    "Place",
    "RankedCandidates",
    "TagModel",
    "TagModelError",
    "WindowReading",
    "context_vectors",
    "deserved_count",
    "likely",
    "load",
    "model_source",
    "places_of",
    "released_file",
    "save",
    "select",
    "shipped_model",
]
