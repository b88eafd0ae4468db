"""Errors of an export."""

from __future__ import annotations

from cgp.errors import CgpError
from cgp.extras import how_to_install


class DatasetError(
    CgpError, code="dataset.failed", remedy="mend the option or the folder that the message names"
):
    """An export cannot be made or sent; the message gives the reason and the allowed values.

    ``remote`` tells that another machine failed, so that the same command may go on later.
    """

    remote = False


class DatasetExtraError(
    DatasetError,
    code="dataset.extra_missing",
    remedy=f"run {how_to_install('dataset')}, then the same command again",
):
    """A package of the extra ``dataset`` is missing."""


class SendError(
    DatasetError, code="dataset.not_sent", remedy="run the same command again: it continues"
):
    """The Hub or Firebase did not take the whole dataset. Finished uploads are kept."""

    remote = True
