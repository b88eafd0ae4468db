"""What can go wrong with an export."""

from __future__ import annotations

from cgp.errors import CgpError


class DatasetError(
    CgpError, code="dataset.failed", remedy="mend the option or the folder that the message names"
):
    """An export that cannot be made or sent as asked; the message says why and what is allowed.

    ``remote`` tells that another machine failed, so that the same command may go on later.
    """

    remote = False


class SendError(
    DatasetError, code="dataset.not_sent", remedy="run the same command again: it continues"
):
    """The Hub or Firebase could not take the dataset; what they have taken is kept."""

    remote = True
