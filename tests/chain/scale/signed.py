"""A signed extrinsic in its real bytes: its parts, and the payload that its signature covers."""

from dataclasses import dataclass
from hashlib import blake2b

from bittensor import sp_core
from bittensor._transport.codec import ss58_encode


class InvalidError(Exception):
    """A request is refused, by JSON-RPC code, message and data."""

    def __init__(self, code, message, data=None):
        super().__init__(f"{message}: {data}")
        self.error = {"code": code, "message": message, "data": data}


def refused(data):
    """Return the pool's refusal of an extrinsic."""
    return InvalidError(1010, "Invalid Transaction", data)


@dataclass(frozen=True)
class SignedCall:
    """The parts of a version 4 extrinsic; ``extra`` holds era, nonce, tip and the metadata's mode."""

    raw: bytes
    public_key: bytes
    crypto_type: int
    signature: bytes
    era: bytes
    nonce: int
    extra: bytes
    call: bytes

    @property
    def signer(self):
        """The signer's address."""
        return ss58_encode(self.public_key)

    @property
    def digest(self):
        """The hash that names the extrinsic."""
        return "0x" + blake2b(self.raw, digest_size=32).hexdigest()


def parse(raw: bytes) -> SignedCall:
    """Take an extrinsic apart."""
    at = {0: 1, 1: 2, 2: 4}[raw[0] & 3]
    assert raw[at : at + 2] == b"\x84\x00", "version 4, signed, by an account's id"
    key, kind, signature = raw[at + 2 : at + 34], raw[at + 34], raw[at + 35 : at + 99]
    rest = raw[at + 99 :]
    size = 1 if rest[0] == 0 else 2
    nonce, end = _compact(rest, size)
    _tip, end = _compact(rest, end)
    end += 1  # the mode of the metadata's hash
    return SignedCall(raw, key, kind, signature, rest[:size], nonce, rest[:end], rest[end:])


def _compact(data: bytes, at: int) -> tuple[int, int]:
    size = {0: 1, 1: 2, 2: 4}[data[at] & 3]
    return int.from_bytes(data[at : at + size], "little") >> 2, at + size


def birth_of(era: bytes, head: int) -> int:
    """Return the block at which a mortal era began, 0 for an immortal one.

    Raises:
        InvalidError: if it is over.
    """
    if era == b"\0":
        return 0
    number = int.from_bytes(era, "little")
    period = 2 << (number & 15)
    phase = (number >> 4) * max(1, period >> 12)
    birth = (max(head, phase) - phase) // period * period + phase
    if head > birth + period:
        raise refused("Transaction is outdated")
    return birth


def check_signature(signed: SignedCall, implicit: bytes) -> None:
    """Check the signature over the real payload: call, extra, and what both sides know.

    Raises:
        InvalidError: if it is not the signer's.
    """
    payload = signed.call + signed.extra + implicit
    if len(payload) > 256:
        payload = blake2b(payload, digest_size=32).digest()
    if not sp_core.verify(payload, signed.signature, signed.signer, signed.crypto_type):
        raise refused("Transaction has a bad signature")
