"""A finished dataset sent to the Hugging Face Hub, as one revision.

Files are uploaded first, a batch at a time. The Hub keeps their content by its SHA-256, so a push
that was interrupted uploads only the missing files. Then one commit makes all files the new
revision and removes the shards of an earlier one: a reader never loads half a dataset. A second
push of the same dataset changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgp.counts import counted
from cgp.dataset.columns import COLUMNS
from cgp.dataset.errors import DatasetError, DatasetExtraError, SendError
from cgp.dataset.export import Progress
from cgp.dataset.manifest import MANIFEST, Format, Manifest
from cgp.dataset.shards import is_shard_name

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
# Files uploaded in one call: an interrupted upload repeats at most so many.
_BATCH = 32


@dataclass(frozen=True)
class Hub:
    """A dataset repository on the Hub, with a client that may write to it."""

    api: HfApi
    repository: str
    private: bool

    @classmethod
    def open(
        cls,
        repository: str,
        *,
        private: bool,
        format_name: Format,
        endpoint: str | None = None,
        token: str | None = None,
    ) -> Hub:
        """Return the repository ``OWNER/NAME``, which need not exist yet. Nothing is sent.

        The address is ``endpoint`` or ``HF_ENDPOINT``; the token ``token``, ``HF_TOKEN`` or the
        one that the client's login has kept.

        Raises:
            DatasetError: if the name or the format cannot be, the client is not installed, or
                there is no token.
        """
        if not _REPOSITORY.fullmatch(repository):
            raise DatasetError(f"--push {repository!r}: OWNER/NAME is needed")
        if format_name not in {"hf", "messages"}:
            raise DatasetError(
                f"--push needs --format hf or messages, not {format_name}: the card goes with it"
            )
        try:
            from huggingface_hub import HfApi, get_token
        except ImportError as error:
            raise DatasetExtraError(
                f"--push needs the extra dataset, and {error.name} is not installed"
            ) from error
        credential = token or get_token()
        if credential is None:
            raise DatasetError("--push needs a token: set HF_TOKEN, or log in with hf auth login")
        api = HfApi(endpoint=endpoint, token=credential, library_name="conversation-genome")
        return cls(api, repository, private)

    def push(
        self,
        folder: Path,
        manifest: Manifest,
        progress: Progress = lambda _stage, _done, _total: None,
    ) -> str:
        """Make the dataset in ``folder`` the repository's newest revision; return its address.

        Raises:
            SendError: if the Hub cannot be reached or refuses. The same call goes on from there.
        """
        from httpx2 import HTTPError

        try:
            return self._push(folder, manifest, progress)
        except (HTTPError, OSError, RuntimeError, ValueError) as error:
            text = f"{error} {error.__cause__ or ''}"
            # A message of the client may quote the request, and with it the token.
            reason = " ".join(text.split()).replace(str(self.api.token), "***")
            raise SendError(
                f"the Hub did not take {self.repository}: {reason}; the same command goes on from here"
            ) from None

    def _push(self, folder: Path, manifest: Manifest, progress: Progress) -> str:
        from huggingface_hub import CommitOperationAdd

        where: dict[str, Any] = {"repo_id": self.repository, "repo_type": "dataset"}
        self.api.create_repo(**where, private=self.private or None, exist_ok=True)
        names = [file.path for file in manifest.files] + [MANIFEST]
        additions = [CommitOperationAdd(name, folder / name) for name in names]
        count = 0
        for batch in _batches(additions):
            # Kept until the commit: a small file goes with the commit itself.
            self.api.preupload_lfs_files(additions=batch, **where, free_memory=False)
            count += len(batch)
            progress("uploading", count, len(additions))
        commit = self.api.create_commit(
            operations=[*additions, *self._stale(set(names))],
            commit_message=_message(manifest),
            **where,
        )
        return str(commit.commit_url)

    def _stale(self, names: set[str]) -> Iterator[CommitOperationDelete]:
        """Yield the removal of each shard in the repository that the dataset does not have."""
        from huggingface_hub import CommitOperationDelete

        tree = self.api.list_repo_tree(self.repository, recursive=True, repo_type="dataset")
        for path in sorted(entry.path for entry in tree):
            table, _, name = path.partition("/")
            if path not in names and table in COLUMNS and is_shard_name(name):
                yield CommitOperationDelete(path)


def _batches(additions: list[CommitOperationAdd]) -> Iterator[list[CommitOperationAdd]]:
    for start in range(0, len(additions), _BATCH):
        yield additions[start : start + _BATCH]


def _message(manifest: Manifest) -> str:
    version = manifest.document["schema_version"]
    return f"{counted(manifest.conversations, 'conversation')}, schema version {version}"
