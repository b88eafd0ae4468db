"""Annotators of other authors: a class in a file, or one that an installed package brings.

A class gets the options of its spec as keyword arguments, as text. It has one of two methods:

- ``tags(self, conversation, max_tags)`` returns texts, the best first. It may take its time: it
  runs in a thread.
- ``annotate(self, conversation, *, max_tags, purpose)`` is that of ``cgp.annotators.Annotator``.

``name`` and ``close`` are optional.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import traceback
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from cgp.annotators.annotator import AnnotationError
from cgp.annotators.spec import AnnotatorSpec, AnnotatorSpecError
from cgp.conversation import Conversation
from cgp.metadata import Metadata, Tag

ENTRY_POINTS = "cgp.annotators"
"""The group of entry points by which a package adds an annotator: each one names a class."""


class OwnClassError(
    AnnotatorSpecError,
    code="annotator.own_class",
    remedy="the fault is the class's own: mend it, or its options after the comma (docs/write-a-miner.md)",
):
    """A file or class of one's own cannot be used; the message is its own error."""


class OwnAnnotator:
    """Asks another author's object, and turns its faults into ``AnnotationError``."""

    def __init__(self, author_object: Any, name: str) -> None:  # noqa: ANN401 - anybody's class
        self._own = author_object
        self._name = str(getattr(author_object, "name", "") or name)
        method = getattr(author_object, "annotate", None) or getattr(author_object, "tags", None)
        code = getattr(getattr(method, "__func__", method), "__code__", None)
        self._file = code.co_filename if code is not None else ""

    @property
    def name(self) -> str:
        """The object's own name, or else the name that it is asked for by."""
        return self._name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return at most ``max_tags`` of its tags; see ``Annotator.annotate``."""
        try:
            if hasattr(self._own, "annotate"):
                answer = await self._own.annotate(conversation, max_tags=max_tags, purpose=purpose)
            else:
                answer = _of_texts(
                    await asyncio.to_thread(self._own.tags, conversation, max_tags), max_tags
                )
        except AnnotationError:
            raise
        # Another author's code, which may fail in any way: one conversation must not end the
        # neuron.
        except Exception as error:
            raise AnnotationError(f"{self._name}: {_fault(error, self._file)}") from error
        if not isinstance(answer, Metadata):
            raise AnnotationError(
                f"{self._name}: annotate must return cgp.metadata.Metadata, not {type(answer).__name__}"
            )
        return answer

    async def close(self) -> None:
        """Close the object, where it can be closed."""
        close = getattr(self._own, "close", None)
        if close is None:
            return
        try:
            if inspect.isawaitable(closing := close()):
                await closing
        # Another author's code, which may fail in any way.
        except Exception as error:
            raise AnnotationError(f"{self._name}: {_fault(error, self._file)}") from error


def installed_annotators() -> tuple[str, ...]:
    """Return the names of the annotators that installed packages bring."""
    return tuple(sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def own_annotator(spec: AnnotatorSpec, options: Mapping[str, str]) -> OwnAnnotator | None:
    """Return the annotator of a file or a package; None if no package brings one of that name.

    Raises:
        AnnotatorSpecError: if it cannot be loaded or made; the message names the fault.
    """
    if spec.is_file:
        made_of = _class_of(_module(spec), spec)
    else:
        entry = next(iter(entry_points(group=ENTRY_POINTS, name=spec.type)), None)
        if entry is None:
            return None
        if spec.model or spec.base_url:
            raise AnnotatorSpecError(
                f"the annotator {str(spec)!r}: {spec.type} of {entry.value} takes options only (,NAME=VALUE)"
            )
        try:
            made_of = entry.load()
        # Another author's module is run by this, and may fail in any way.
        except Exception as error:
            raise _unusable(spec, error) from error
    try:
        author_object = made_of(**options)
    # Another author's constructor, likewise.
    except Exception as error:
        raise _unusable(spec, error) from error
    if not (
        callable(getattr(author_object, "annotate", None))
        or callable(getattr(author_object, "tags", None))
    ):
        raise AnnotatorSpecError(
            f"the annotator {str(spec)!r} has neither a method tags nor a method annotate"
        )
    return OwnAnnotator(
        author_object, str(spec) if not spec.is_file else f"{Path(spec.type).stem}/{spec.model}"
    )


def _module(spec: AnnotatorSpec) -> ModuleType:
    """Import the Python file of an annotator of one's own; its code runs here."""
    path = Path(spec.type)
    if not path.is_file():
        raise AnnotatorSpecError(f"the annotator {str(spec)!r}: there is no file {path}")
    module_spec = importlib.util.spec_from_file_location(f"own_annotator_{path.stem}", path)
    if module_spec is None or module_spec.loader is None:
        raise AnnotatorSpecError(f"the annotator {str(spec)!r}: {path} is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    try:
        module_spec.loader.exec_module(module)
    # Another author's module is run by this, and may fail in any way.
    except Exception as error:
        raise _unusable(spec, error, str(path)) from error
    return module


def _class_of(module: ModuleType, spec: AnnotatorSpec) -> Any:  # noqa: ANN401 - anybody's class
    made_of = getattr(module, spec.model or "", None)
    if not callable(made_of):
        classes = [
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__
        ]
        raise AnnotatorSpecError(
            f"the annotator {str(spec)!r}: write FILE.py:CLASS; {spec.type} has"
            f" {', '.join(classes) or 'no class'}"
        )
    return made_of


def _unusable(spec: AnnotatorSpec, error: Exception, file: str = "") -> OwnClassError:
    return OwnClassError(
        f"the annotator {str(spec)!r} cannot be used: {_fault(error, file or spec.type)}"
    )


def _fault(error: Exception, file: str) -> str:
    """Return an author's error in words, with the last line of the author's file."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file and frame.lineno is not None
    ]
    place = f" ({Path(file).name}, line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {error}{place}"


def _of_texts(texts: Any, max_tags: int) -> Metadata:  # noqa: ANN401 - anybody's answer
    is_list = isinstance(texts, Iterable) and not isinstance(texts, str)
    texts = list(texts) if is_list else []
    if not is_list or not all(isinstance(text, str) for text in texts):
        raise TypeError("tags must return texts, such as ['night trams', 'timetable']")
    return Metadata(tuple(Tag(text) for text in texts[:max_tags]))
