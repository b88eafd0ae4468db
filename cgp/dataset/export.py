"""An export: the store's finished conversations made into the files of a dataset.

An interrupted export continues. Rows are made in parts (batches of conversations), then put into
shards. Finished parts and shards are kept in the folder ``.export`` of the dataset. When all
shards are finished they get their names; the manifest comes last, and a dataset without one is
not finished. Only an export of the same conversations with the same recipe uses the kept files.
The same conversations and recipe give the same bytes, with or without interruptions.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cgp.dataset import jsonl, parquet
from cgp.dataset.card import card
from cgp.dataset.columns import DATASET_VERSION, tables_of
from cgp.dataset.croissant import CROISSANT, croissant
from cgp.dataset.datasheet import DATASHEET, datasheet
from cgp.dataset.distinct_terms import embedding_lines
from cgp.dataset.errors import DatasetError
from cgp.dataset.files import (
    hold_lock,
    read_json,
    write_json,
)
from cgp.dataset.manifest import KIND, MANIFEST, README, DataFile, Format, Manifest, read_manifest
from cgp.dataset.options import IN_PARQUET, Options, private_recipe, public_recipe
from cgp.dataset.parts import FACTS, Parts
from cgp.dataset.plan import Plan, PlanEntry, make_plan
from cgp.dataset.replaced import require_no_loss
from cgp.dataset.rows import ConversationRows, conversation_rows, message_rows
from cgp.dataset.shards import RowFile, Shard, Shards, is_shard_name
from cgp.dataset.statistics import statistics_of
from cgp.durable_files import rename, sha256_of, sync, write_whole
from cgp.embedders import Embedder
from cgp.privacy import RedactionPolicy
from cgp.store import Store

WORK = ".export"
_WITH_CARD = frozenset({"hf", "messages"})

Progress = Callable[[str, int, int], None]
"""Called with the stage (``reading``, a table, ...), the number done and the total (0: unknown)."""


def export(
    store: Store,
    folder: Path,
    options: Options,
    *,
    policy: RedactionPolicy,
    embedder: Embedder,
    progress: Progress = lambda _stage, _done, _total: None,
    overwrite: bool = False,
) -> Manifest:
    """Make ``folder`` the dataset of the store's finished conversations, and return its manifest.

    Every text is redacted by ``policy``. An earlier dataset in the folder is replaced, if it
    differs; one of more conversations than the store knows only with ``overwrite``.

    Raises:
        DatasetError: if the folder holds something else or is being exported to, if there is
            nothing to export, if the earlier dataset would lose conversations, or if an extra is
            missing.
    """
    require_export(folder, options.format, store.url)
    if not overwrite:
        require_no_loss(store, folder)
    plan = make_plan(
        store,
        min_quality=options.min_quality,
        find_near_duplicate=options.find_near_duplicate,
        progress=lambda count: progress("reading", count, 0),
    )
    if not plan.entries:
        raise DatasetError(_nothing(plan))
    work = folder / WORK
    work.mkdir(parents=True, exist_ok=True)
    with hold_lock(work):
        run = _Run(store, folder, options, policy=policy, embedder=embedder, plan=plan)
        manifest = run.finished_before() or run.make(progress)
        run.clean()
    return manifest


def require_export(folder: Path, format_name: Format, store_url: str | None = None) -> None:
    """Check that a dataset of a format can be made in a folder, before the work begins.

    The folder is new, empty, or holds a dataset of the same format and, where ``store_url``
    (without a password) is given, of the same store, finished or not.

    Raises:
        DatasetError: if it holds something else, or if an extra is missing.
    """
    if format_name in IN_PARQUET:
        parquet.require_pyarrow()
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is a file: name a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    earlier = read_manifest(folder)
    if earlier is not None and earlier.format != format_name:
        raise DatasetError(
            f"{folder} holds a dataset in the format {earlier.format}, which an export in the format "
            f"{format_name} would remove: name another folder, or give --format {earlier.format}"
        )
    # The store's address is beside the dataset, never in it: a path says who its owner is.
    earlier_store = (read_json(folder / WORK / "state.json") or {}).get("store", store_url)
    if store_url is not None and earlier_store != store_url:
        raise DatasetError(
            f"{folder} holds a dataset of another store ({earlier_store}), which this export would "
            "replace: name another folder, or remove that one first"
        )
    if earlier is None and not (folder / WORK).is_dir():
        raise DatasetError(
            f"{folder} holds something else than a dataset of ours: name an empty or a new folder"
        )


def _nothing(plan: Plan) -> str:
    if plan.below_quality or plan.unmeasured:
        return (
            f"no finished conversation is good enough: {plan.below_quality} are below the quality "
            f"asked for, of {plan.unmeasured} it was not measured"
        )
    return (
        "the store has no finished conversation yet: cgp annotate finishes what was imported, "
        "and so does a validator"
    )


class _Run:
    """One run of an export."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        options: Options,
        *,
        policy: RedactionPolicy,
        embedder: Embedder,
        plan: Plan,
    ) -> None:
        self._store = store
        self._folder = folder
        self._work = folder / WORK
        self._options = options
        self._policy = policy
        self._embedder = embedder
        self._plan = plan
        self._progress: Progress = lambda _stage, _done, _total: None
        self._recipe = public_recipe(options, policy, embedder)
        self._suffix = parquet.SUFFIX if options.in_parquet else jsonl.SUFFIX
        self._tables = tables_of(options.format)
        self._forgotten = store.count_forgotten()
        private = private_recipe(self._recipe, options, policy, self._forgotten)
        self._state = {"input": plan.fingerprint(private), "store": store.url}

    def finished_before(self) -> Manifest | None:
        """Return the manifest if the folder holds this very dataset, whole."""
        manifest = read_manifest(self._folder)
        if manifest is None or read_json(self._state_file) != self._finished_state():
            return None
        return manifest if all(file.is_whole(self._folder) for file in manifest.files) else None

    def make(self, progress: Progress) -> Manifest:
        """Make the dataset; parts and shards of an interrupted run are used again."""
        self._progress = progress
        state = read_json(self._state_file) or {}
        self.clean(everything=state.get("input") != self._state["input"])
        write_json(self._state_file, self._state)
        parts = Parts(self._work_files / "parts", self._tables)
        count = self._make_parts(parts)
        shards = [
            shard for table in self._tables for shard in self._make_shards(parts, count, table)
        ]
        document = self._document(shards, statistics_of(parts.lines(FACTS, count)))
        files = [shard.file for shard in shards]
        files += self._write_documents(document, files)
        files.sort(key=lambda file: file.path)
        document["files"] = [file.to_json() for file in files]
        self._publish(shards, files)
        write_json(self._folder / MANIFEST, document)
        write_json(self._state_file, self._finished_state())
        return Manifest(document)

    def _finished_state(self) -> dict[str, str]:
        """Return the state of a finished export: it names the manifest in the folder."""
        return self._state | {"manifest": sha256_of(self._folder / MANIFEST)}

    def clean(self, *, everything: bool = True) -> None:
        """Remove the files that were kept for an interrupted run, all at once or none.

        Without ``everything`` only the remains of an interrupted removal go.
        """
        trash = self._work / "removed"
        if trash.exists():
            shutil.rmtree(trash)
        # Renaming is one step; removing a tree is many, and a crash would leave half of it.
        if everything and self._work_files.exists():
            rename(self._work_files, trash)
            shutil.rmtree(trash)

    @property
    def _state_file(self) -> Path:
        return self._work / "state.json"

    @property
    def _work_files(self) -> Path:
        return self._work / "kept"

    def _make_parts(self, parts: Parts) -> int:
        """Make the parts that are not there yet; return how many there are."""
        entries, size = self._plan.entries, self._options.batch
        starts = range(0, len(entries), size)
        for number, start in enumerate(starts):
            # Parts of an interrupted run are taken as they are: the state file says that nothing
            # changed.
            if not parts.has(number):
                rows = map(self._rows_of, entries[start : start + size])
                parts.keep(number, (row for row in rows if row is not None))
            self._progress("conversations", min(start + size, len(entries)), len(entries))
        return len(starts)

    def _rows_of(self, entry: PlanEntry) -> ConversationRows | None:
        """Return the rows of a conversation, None where the format has no place for it."""
        rows = conversation_rows(
            self._store,
            entry.id,
            self._policy,
            sources=self._options.sources,
            near_duplicate_of=entry.near_duplicate_of,
        )
        # The tables need no second look at the conversation.
        if self._options.format != "messages":
            return rows
        conversation = self._store.conversation(entry.id)
        if conversation is None:
            raise DatasetError(f"the store no longer holds conversation {entry.id!r}")
        return message_rows(rows, self._store.redaction_of(conversation, self._policy).conversation)

    def _make_shards(self, parts: Parts, count: int, table: str) -> list[Shard]:
        shards = Shards(
            self._work_files / "shards", table, self._suffix, partial(self._open, table)
        )
        if not shards.are_whole(self._folder):
            shards.write(
                self._report_lines(table, self._lines(parts, count, table)), self._options.limits
            )
        return shards.finished_shards()

    def _lines(self, parts: Parts, count: int, table: str) -> Iterator[tuple[str, str]]:
        if table != "embeddings":
            return parts.lines(table, count)
        facts = parts.lines(FACTS, count)
        return embedding_lines(facts, self._embedder, self._work_files / "terms.sqlite")

    def _report_lines(
        self, table: str, lines: Iterator[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        for count, line in enumerate(lines, 1):
            self._progress(f"writing {table}", count, 0)
            yield line

    def _open(self, table: str, path: Path) -> RowFile:
        if self._suffix == jsonl.SUFFIX:
            return jsonl.JsonLinesFile(path)
        return parquet.ParquetFile(path, table, self._embedder.dimension)

    def _document(self, shards: list[Shard], facts: dict[str, Any]) -> dict[str, Any]:
        model, _, revision = self._embedder.id.partition("@")
        tables: dict[str, dict[str, Any]] = {table: {} for table in self._tables}
        for shard in shards:
            table = shard.file.path.partition("/")[0]
            split = tables[table].setdefault(shard.split, {"rows": 0, "files": []})
            split["rows"] += shard.file.rows
            split["files"].append(shard.file.path)
        return {
            "kind": KIND,
            "schema_version": DATASET_VERSION,
            "format": self._options.format,
            "embedder": {
                "id": self._embedder.id,
                "model": model,
                "revision": revision or None,
                "dimension": self._embedder.dimension,
            },
            "recipe": self._recipe,
            "left_out": {
                "below_quality": self._plan.below_quality,
                "unmeasured": self._plan.unmeasured,
                "one_speaker": len(self._plan.entries) - facts["conversations"],
            },
            "forgotten": self._forgotten,
            "statistics": facts,
            "tables": tables,
        }

    def _write_documents(self, document: dict[str, Any], files: list[DataFile]) -> list[DataFile]:
        """Write the documents about the data ``files`` beside them; return them as files."""
        croissant_text = json.dumps(croissant(document, files), ensure_ascii=False, indent=2) + "\n"
        texts = {CROISSANT: croissant_text, DATASHEET: datasheet(document)}
        if self._options.format in _WITH_CARD:
            texts[README] = card(document)
        documents = []
        for name, text in texts.items():
            data = text.encode()
            write_whole(self._work_files / name, data, public=True)
            documents.append(DataFile(name, None, len(data), sha256(data).hexdigest()))
        return documents

    def _publish(self, shards: list[Shard], files: list[DataFile]) -> None:
        """Give the finished files their names and remove the files of an earlier dataset.

        Steps that were done before an interruption are skipped.
        """
        earlier = read_manifest(self._folder)
        for file in earlier.files if earlier is not None else ():
            # Documents without rows may have another name in this version.
            if file.rows is None:
                (self._folder / file.path).unlink(missing_ok=True)
        # Without a manifest the folder is unfinished, so a crash from here on is seen as one.
        (self._folder / MANIFEST).unlink(missing_ok=True)
        sync(self._folder)
        for table in self._tables:
            (self._folder / table).mkdir(exist_ok=True)
        for shard in shards:
            if shard.path.exists():
                rename(shard.path, self._folder / shard.file.path)
        for file in files:
            if file.rows is None:
                rename(self._work_files / file.path, self._folder / file.path)
        self._remove_others({self._folder / file.path for file in files})

    def _remove_others(self, names: set[Path]) -> None:
        """Remove the shards of an earlier dataset that are not among ``names``."""
        for table in self._tables:
            for path in (self._folder / table).iterdir():
                if path not in names and is_shard_name(path.name):
                    path.unlink()
