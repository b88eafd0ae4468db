"""Hotkey-signed HTTP in both directions.

Requests follow the SDK's ``btauth/1`` (``sign_request``, ``RequestGate``). That protocol leaves
answers unsigned, so answers carry a signature of their own (``sign_answer``, ``verify_answer``)
that covers the request too. Both together prove to a third party the question, the answer and
their authors.
"""

from cgp.signing.answers import sign_answer, verify_answer
from cgp.signing.gate import RequestGate, SignedRequest
from cgp.signing.nonces import SharedNonces
from cgp.signing.rates import RateLimit
from cgp.signing.refusal import Refusal, read_body
from cgp.signing.requests import check_keypair, sign_request

__all__ = [
    "RateLimit",
    "Refusal",
    "RequestGate",
    "SharedNonces",
    "SignedRequest",
    "check_keypair",
    "read_body",
    "sign_answer",
    "sign_request",
    "verify_answer",
]
