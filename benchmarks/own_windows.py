"""Annotated windows of the project's own that the tag model was not trained on, in two halves.

An odd number at the end of a window's id puts it into the half to learn from, an even one into the
half that is held back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.numpy import load as tensors_of

from cgp.annotators.embedded.labels import Label, LabelIndex, LabelVectors, shipped_labels
from cgp.embedders import default_embedder
from cgp.gold import GoldWindow, read_gold
from cgp.tagmodel import TagModel, shipped_model
from cgp.tagmodel.model import load


@dataclass(frozen=True)
class Release:
    """A release of the tag model with its labels."""

    model: TagModel
    labels: LabelIndex
    weights: Path | None

    @classmethod
    def of(cls, folder: Path | None) -> Release:
        """Return the release in a folder, or that of the package."""
        if folder is None:
            return cls(shipped_model(), shipped_labels(default_embedder()), None)
        weights = folder / "weights.safetensors"
        return cls(load(weights), labels_in(folder), weights)


def labels_in(folder: Path) -> LabelIndex:
    """Return the labels of the release in a folder."""
    lines = (folder / "labels.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    labels = [
        Label(text, language, tuple(map(str, range(int(origins)))), written == "1")
        for language, origins, written, text in rows
    ]
    tensors = tensors_of((folder / "label_vectors.safetensors").read_bytes())
    vectors = LabelVectors(tensors["packed"], tensors["to_any"])
    return LabelIndex(labels, default_embedder(), vectors)


@dataclass(frozen=True)
class Windows:
    """Windows of a slice to learn from and held back, and those of everything else."""

    learn: list[GoldWindow]
    held_back: list[GoldWindow]
    others: list[GoldWindow]

    def with_files(
        self, learn: Iterable[Path], held_back: Iterable[Path], languages: set[str]
    ) -> Windows:
        """Return these, and the slice's of some files to learn from, all of others held back."""
        back = [with_plain_kind(window) for path in held_back for window in read_gold(path)]
        return Windows(
            [*self.learn, *(window for path in learn for window in slice_in(path, languages))],
            [*self.held_back, *(w for w in back if language_of(w) in languages)],
            [*self.others, *(w for w in back if language_of(w) not in languages)],
        )


def language_of(window: GoldWindow) -> str:
    """Return the language that somebody gave to a window."""
    return window.window.language or ""


def windows_of(paths: Iterable[Path], languages: set[str]) -> Windows:
    """Return own windows, those of some languages in two halves."""
    windows = [with_plain_kind(window) for path in paths for window in read_gold(path)]
    inside = [window for window in windows if language_of(window) in languages]
    return Windows(
        [window for window in inside if number_of(window) % 2],
        [window for window in inside if not number_of(window) % 2],
        [window for window in windows if language_of(window) not in languages],
    )


def slice_in(path: Path, languages: set[str]) -> list[GoldWindow]:
    """Return the windows of a file that are in some languages."""
    windows = map(with_plain_kind, read_gold(path))
    return [window for window in windows if language_of(window) in languages]


def number_of(window: GoldWindow) -> int:
    """Return the number at the end of a window's id."""
    match = re.search(r"(\d+)\D*$", window.id)
    if match is None:
        raise ValueError(f"{window.id} has no number")
    return int(match[1])


def with_plain_kind(window: GoldWindow) -> GoldWindow:
    """Return a window whose kind is its language, or in English the first word of its kind.

    The judge looks at each kind by itself, and each own window has a subject of its own.
    """
    language = language_of(window)
    return replace(window, kind=window.kind.split(":")[0] if language == "en" else language)


def untrained(paths: Iterable[Path]) -> list[GoldWindow]:
    """Return the windows of gold files whose licence kept them out of the release."""
    names = {
        document["id"]
        for path in paths
        for document in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if document.get("share_alike")
    }
    windows = [window for path in paths for window in read_gold(path)]
    return [with_plain_kind(window) for window in windows if window.id in names]
