"""Errors of the experts' ledger; each refusal has a name."""

from __future__ import annotations

from enum import StrEnum

from cgp.errors import CgpError


class ExpertsError(CgpError, code="experts.failed", remedy="cgp experts fsck says what is damaged"):
    """Base of the errors of experts and their ledger."""


class Fault(StrEnum):
    """A reason for which a block is refused."""

    TOO_LARGE = "too_large"
    NOT_TENSORS = "not_tensors"
    WRONG_TENSORS = "wrong_tensors"
    NOT_FINITE = "not_finite"
    TOO_GREAT = "too_great"
    UNKNOWN_KIND = "unknown_kind"
    WRONG_MODEL = "wrong_model"
    BAD_NAME = "bad_name"
    BAD_SIGNATURE = "bad_signature"
    NOT_REGISTERED = "not_registered"
    PARENT_MISSING = "parent_missing"
    PARENT_OF_WRONG_KIND = "parent_of_wrong_kind"
    STALE_HEAD = "stale_head"
    COPY = "copy"
    TOO_SLOW = "too_slow"
    ONE_A_EPOCH = "one_a_epoch"
    NO_SUCH_BLOCK = "no_such_block"
    NOT_A_JUDGE = "not_a_judge"


class RefusedError(
    ExpertsError, ValueError, code="experts.refused", remedy="the message names what is allowed"
):
    """A block is refused; ``fault`` names the reason. Nothing of it is stored."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(f"{fault}: {message}")
        self.fault = fault
        self.reason = message


class DamagedLedgerError(
    ExpertsError, code="experts.damaged", remedy="pull the ledger anew, or restore its folder"
):
    """A file of the ledger is missing or does not have the bytes of its digest."""


class NoTableError(
    DamagedLedgerError,
    code="experts.no_table",
    remedy="write the file with cgp experts table, by the release that reads it",
):
    """A file is not a table of windows."""


class NoExpertError(
    RefusedError,
    code="experts.no_expert",
    remedy="write the file with cgp experts train",
):
    """A file is not an expert."""
