"""Why a model gave no usable annotation; every error here is an ``AnnotationError``.

AnnotationError
├── BackendUnavailableError   the server is down, too slow, or asks us to wait
├── BackendRefusedError       the server refuses the request: wrong key, model or parameter
│   └── ContextOverflowError  the question is too long for the model
├── BudgetExhaustedError      the money of the day or of the run is spent
└── UnusableAnswerError       the model refused, or answered with garbage
"""

from __future__ import annotations

from cgp.annotators.annotator import AnnotationError


class BackendUnavailableError(
    AnnotationError,
    code="annotator.unavailable",
    remedy="start the model's server or wait until it answers",
):
    """The server is down, too slow, or asks for a pause; the same request may succeed later.

    ``retry_after`` is the wait in seconds that the server asked for, where it did. ``answered``
    says whether the server may have produced (and billed) an answer.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, answered: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.answered = answered


class CircuitOpenError(
    BackendUnavailableError,
    code="annotator.circuit_open",
    remedy="wait: the server is tried again after a pause",
):
    """The server failed so often that it is not asked for a while."""


class BackendRefusedError(
    AnnotationError,
    code="annotator.refused",
    remedy="check the key, the model's name and the parameters",
):
    """The server understood and refused: a wrong key, model or parameter. Not repeated.

    ``always`` says that it would refuse every other request as well (a wrong key, an empty
    account).
    """

    def __init__(self, message: str, *, always: bool = False) -> None:
        super().__init__(message)
        self.always = always


class ContextOverflowError(
    BackendRefusedError,
    code="annotator.context_overflow",
    remedy="use a model with a longer context, or shorter windows",
):
    """The question is too long for the model; a shorter one may not be.

    ``fits`` is the share of it that would fit, where the server says so.
    """

    def __init__(self, message: str, *, fits: float | None = None) -> None:
        super().__init__(message)
        self.fits = fits


class BudgetExhaustedError(
    AnnotationError,
    code="annotator.budget",
    remedy="raise LLM_DAILY_BUDGET or wait for the next day (UTC)",
):
    """The next call could exceed a budget, so it was not made."""


class UnusableAnswerError(
    AnnotationError,
    code="annotator.unusable_answer",
    remedy="use a model that follows a JSON schema",
):
    """The model answered, but with a refusal or with something that is not an annotation.

    ``repairable`` says whether asking the model once more to correct its answer makes sense.
    """

    def __init__(self, message: str, *, repairable: bool = True) -> None:
        super().__init__(message)
        self.repairable = repairable
