"""The key pair of an actor: RSA of 2048 bits, which every server of the fediverse can verify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cgp.durable_files import private_folder, write_whole
from cgp.mycelium.fediverse.errors import DocumentError, FediverseError

KEY_BITS = 2048
# Mastodon makes keys of 2048 bits. More than 8192 bits would cost much time to verify.
_ALLOWED_BITS = range(2048, 8193)
_MAX_PEM = 4096


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under the address ``key_id``, at which others read its public half."""

    key_id: str
    private_key: rsa.RSAPrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the signature (RSA PKCS #1 v1.5 over SHA-256) of ``data``."""
        return self.private_key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    @property
    def public_pem(self) -> str:
        """The public half as PEM."""
        return (
            self.private_key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode("ascii")
        )


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of an actor: its address, its owner's address and its PEM."""

    key_id: str
    owner: str
    pem: str

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Tell if ``signature`` is this key's over ``data``.

        Raises:
            DocumentError: if the PEM is not an RSA key of 2048 to 8192 bits.
        """
        key = _read_public(self.pem)
        try:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def open_key(file: Path, key_id: str) -> SigningKey:
    """Return the key in ``file``, made there the first time.

    Raises:
        FediverseError: if the file holds no RSA key.
    """
    if not file.exists():
        private_folder(file.parent)
        new_key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        pem = new_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # Only its owner can read it, and a crash leaves none or a whole one.
        write_whole(file, pem)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FediverseError(
            f"{file} holds no private key; followers know the actor by it, so restore the file "
            "from a backup, or delete it to make a new one"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise FediverseError(f"{file} holds another kind of key than RSA")
    return SigningKey(key_id, key)


def _read_public(pem: str) -> rsa.RSAPublicKey:
    if len(pem) > _MAX_PEM:
        raise DocumentError(f"a public key has at most {_MAX_PEM} characters")
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError, UnsupportedAlgorithm) as error:
        raise DocumentError("a public key is not PEM") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in _ALLOWED_BITS:
        raise DocumentError("a public key must be RSA of 2048 to 8192 bits")
    return key
