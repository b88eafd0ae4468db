"""Validators' endpoints: reserve, keep, give back, seal, push results, finish. All signed.

Each may be repeated: a repeated request changes nothing, and its answer says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter

from cgp.api.access import SignedBody, signed
from cgp.api.bodies import described_body
from cgp.api.conversions import (
    metadata_of,
    mined_windows_of,
    quality_record,
    truth_message,
    truth_record,
    window_message,
    window_result,
    window_states,
)
from cgp.api.desk import AppState
from cgp.api.errors import error_responses
from cgp.api.messages import (
    ClaimRequest,
    Cut,
    FailAnswer,
    FailRequest,
    FinishRequest,
    HeartbeatRequest,
    LeaseMessage,
    MinedWindowMessage,
    ReleasedCount,
    ReleaseRequest,
    ReleaseSessionRequest,
    ReserveAnswer,
    ReserveRequest,
    SealAnswer,
    SealRequest,
    TruthMessage,
    WindowAnswersRequest,
    WindowMessage,
    WindowRequest,
    WriteResult,
)
from cgp.api.queries import ApiStore
from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.scoring import Seal
from cgp.signing import Refusal
from cgp.store import ConversationResult, GroundTruthRecord, LeaseLost

router = APIRouter(
    prefix="/v1/leases",
    tags=["validators"],
    responses=error_responses(400, 401, 403, 408, 409, 411, 413, 415, 422, 429, 503),
)


@router.post("/claim", openapi_extra=described_body(ClaimRequest))
async def claim(
    request: Annotated[SignedBody[ClaimRequest], signed(ClaimRequest)], desk: AppState
) -> ReleasedCount:
    """Start a session. The caller's earlier sessions end, and their leases are free at once."""
    count = await desk.writes(desk.store.claim, request.hotkey, request.message.session)
    return ReleasedCount(released=count)


@router.post("", openapi_extra=described_body(ReserveRequest))
async def reserve(
    request: Annotated[SignedBody[ReserveRequest], signed(ReserveRequest)], desk: AppState
) -> ReserveAnswer:
    """Reserve a free conversation, with its ground truth and windows where an earlier holder made
    them.

    A conversation is free if it is waiting or its lease has expired. No two callers hold the same
    conversation.
    """
    parts = await desk.writes(_reserve, desk.store, request.hotkey, request.message)
    if parts is None:
        return ReserveAnswer(lease=None)
    # Most conversations are redacted ahead. A long one that is not takes a while: a reader's thread
    # does it, so that no other validator waits.
    safe = await desk.reads(desk.store.redacted, parts.conversation, desk.policy)
    desk.ahead.wake()
    lease = await desk.reads(_lease_message, desk.store, parts, safe, request.message.seconds)
    return ReserveAnswer(lease=lease)


@router.post("/heartbeat", openapi_extra=described_body(HeartbeatRequest))
async def heartbeat(
    request: Annotated[SignedBody[HeartbeatRequest], signed(HeartbeatRequest)], desk: AppState
) -> WriteResult:
    """Keep a lease for some seconds from now."""
    message = request.message

    def keep(store: ApiStore) -> bool:
        hold = store.lease_of(request.hotkey, message.conversation_id, message.token)
        if not store.heartbeat(hold.lease, message.seconds):
            raise LeaseLost(f"conversation_id: the lease of {message.conversation_id!r} is lost")
        return True

    return WriteResult(changed=await desk.writes(keep, desk.store))


@router.post("/release", openapi_extra=described_body(ReleaseRequest))
async def release(
    request: Annotated[SignedBody[ReleaseRequest], signed(ReleaseRequest)], desk: AppState
) -> WriteResult:
    """Give a conversation back, to be taken again."""
    message = request.message

    def give_back(store: ApiStore) -> bool:
        hold = store.lease_of(request.hotkey, message.conversation_id, message.token)
        return store.release(hold.lease)

    return WriteResult(changed=await desk.writes(give_back, desk.store))


@router.post("/release-session", openapi_extra=described_body(ReleaseSessionRequest))
async def release_session(
    request: Annotated[SignedBody[ReleaseSessionRequest], signed(ReleaseSessionRequest)],
    desk: AppState,
) -> ReleasedCount:
    """End a session: give back all its leases (none, once another session has started)."""
    session = request.message.session
    count = await desk.writes(desk.store.release_session, request.hotkey, session)
    return ReleasedCount(released=count)


@router.post("/fail", openapi_extra=described_body(FailRequest))
async def fail(
    request: Annotated[SignedBody[FailRequest], signed(FailRequest)], desk: AppState
) -> FailAnswer:
    """Record a failed attempt; after the last one the conversation is put aside."""
    message = request.message

    def record(store: ApiStore) -> bool:
        hold = store.lease_of(request.hotkey, message.conversation_id, message.token)
        return store.fail(hold.lease, message.reason, max_attempts=message.max_attempts)

    return FailAnswer(final=await desk.writes(record, desk.store))


@router.post("/seal", openapi_extra=described_body(SealRequest))
async def seal(
    request: Annotated[SignedBody[SealRequest], signed(SealRequest)], desk: AppState
) -> SealAnswer:
    """Publish a ground truth's seal before the first miner is asked, with the windows.

    A conversation is sealed once: where an earlier holder sealed it, that ground truth is answered,
    and is the one to go on with.
    """
    message = request.message
    truth = await desk.reads(_truth_record_of, message.truth)
    return await desk.writes(_seal, desk.store, request.hotkey, message, truth)


@router.post("/window", openapi_extra=described_body(WindowRequest))
async def push_window(
    request: Annotated[SignedBody[WindowRequest], signed(WindowRequest)], desk: AppState
) -> WriteResult:
    """Push a scored window whole. A window that is done already stays as it is."""
    message = request.message
    result = await desk.reads(window_result, message.window)

    def commit(store: ApiStore) -> bool:
        hold = store.lease_of(request.hotkey, message.conversation_id, message.token)
        if store.window_row(message.conversation_id, result.index) is None:
            raise Refusal(422, "Malformed", f"window.index: there is no window {result.index}")
        return store.commit_window(hold.lease, result)

    return WriteResult(changed=await desk.writes(commit, desk.store))


@router.post("/answers", openapi_extra=described_body(WindowAnswersRequest))
async def read_answers(
    request: Annotated[SignedBody[WindowAnswersRequest], signed(WindowAnswersRequest)],
    desk: AppState,
) -> WindowMessage:
    """Return the answers of a window that an earlier holder of the conversation has done."""
    message = request.message
    return await desk.reads(
        _answers, desk.store, request.hotkey, message.conversation_id, message.token, message.index
    )


@router.post("/finish", openapi_extra=described_body(FinishRequest))
async def finish(
    request: Annotated[SignedBody[FinishRequest], signed(FinishRequest)], desk: AppState
) -> WriteResult:
    """Store a conversation's merged metadata and mark it done. All its windows must be done."""
    message = request.message
    result = ConversationResult(
        await desk.reads(metadata_of, message.metadata),
        await desk.reads(mined_windows_of, message.mined),
        quality_record(message.quality),
    )

    def end(store: ApiStore) -> bool:
        try:
            hold = store.lease_of(request.hotkey, message.conversation_id, message.token)
            # The participants' names go with their profiles.
            conversation = store.conversation(message.conversation_id) or hold.lease.conversation
            lease = replace(hold.lease, conversation=conversation)
            _check_tree(message.mined, hold.turns)
            store.finish(lease, result)
        except LeaseLost:
            # The answer to the first such request may have been lost on its way.
            if store.metadata_of(message.conversation_id) == result.metadata:
                return False
            raise
        return True

    return WriteResult(changed=await desk.writes(end, desk.store))


@dataclass(frozen=True, slots=True)
class _LeaseParts:
    """A lease that the store gave, before it is made a message."""

    conversation: Conversation
    token: str
    attempts: int


def _reserve(store: ApiStore, holder: str, message: ReserveRequest) -> _LeaseParts | None:
    seconds, session = message.seconds, message.session
    renewal = store.renew_unacknowledged(holder, session, message.holding, seconds)
    if renewal is not None:
        identifier, token = renewal
        conversation = store.conversation(identifier)
        if conversation is not None:
            return _LeaseParts(conversation, token, store.attempts_of(identifier))
    lease = store.reserve(holder, seconds, session=session)
    return None if lease is None else _LeaseParts(lease.conversation, lease.token, lease.attempts)


def _lease_message(
    store: ApiStore, parts: _LeaseParts, safe: Conversation, seconds: float
) -> LeaseMessage:
    """Return a lease as it is sent, with the redacted conversation."""
    identifier = parts.conversation.id
    truth = store.ground_truth(identifier)
    return LeaseMessage(
        conversation=conversation_to_json(safe),
        token=parts.token,
        seconds=seconds,
        attempts=parts.attempts,
        truth=None if truth is None else truth_message(truth),
        windows=window_states(store.windows_of(identifier)),
    )


def _truth_record_of(message: TruthMessage) -> GroundTruthRecord:
    """Return the record of a ground truth whose document matches its seal and can be used.

    Raises:
        Refusal: 422, with the fault.
    """
    truth = truth_record(message)
    if not Seal(truth.seal, truth.document).holds():
        raise Refusal(422, "Malformed", "truth.seal: it is not the SHA-256 of truth.document")
    try:
        # A text that is not Unicode (a lone surrogate, escaped in the document) ends here as well.
        json.dumps(json.loads(truth.document), ensure_ascii=False).encode()
        _ = truth.metadata, truth.plan
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        reason = f"truth.document: no sealed ground truth ({type(error).__name__})"
        raise Refusal(422, "Malformed", reason) from None
    return truth


def _seal(
    store: ApiStore, holder: str, message: SealRequest, truth: GroundTruthRecord
) -> SealAnswer:
    hold = store.lease_of(holder, message.conversation_id, message.token)
    _check_cuts(message.windows, hold.turns)
    truth_in_force = store.seal(hold.lease, truth, message.windows)
    windows = window_states(store.windows_of(message.conversation_id))
    return SealAnswer(truth=truth_message(truth_in_force), windows=windows)


def _check_cuts(cuts: list[Cut], turns: int) -> None:
    for index, (start, stop) in enumerate(cuts):
        if not 0 <= start < stop <= turns:
            reason = f"windows.{index}: turns {start} to {stop} of a conversation of {turns}"
            raise Refusal(422, "Malformed", reason)


def _check_tree(windows: list[MinedWindowMessage], turns: int) -> None:
    """Refuse windows that form no tree in pre-order over the turns of a conversation."""
    for number, window in enumerate(windows):
        where = f"mined.{number}: "
        if window.number != number:
            raise Refusal(422, "Malformed", f"{where}its number is {window.number}")
        if not 0 <= window.start < window.stop <= turns:
            reason = f"turns {window.start} to {window.stop} of a conversation of {turns}"
            raise Refusal(422, "Malformed", where + reason)
        if number == 0:
            if window.parent is not None or window.level != 0:
                raise Refusal(422, "Malformed", where + "the whole has no parent, and level 0")
        elif window.parent is None or not 0 <= window.parent < number:
            raise Refusal(422, "Malformed", where + "its parent is a window before it")
        elif window.level != windows[window.parent].level + 1:
            raise Refusal(422, "Malformed", where + "its level is one below its parent's")


def _answers(
    store: ApiStore, holder: str, conversation_id: str, token: str, index: int
) -> WindowMessage:
    store.lease_of(holder, conversation_id, token)
    window = store.window_row(conversation_id, index)
    if window is None or not window.done:
        raise Refusal(422, "Malformed", f"index: window {index} has no answers")
    return window_message(
        index,
        window.seed or 0,
        window.rule_version,
        window.background,
        store.answers_of(conversation_id, index),
    )
