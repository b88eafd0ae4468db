"""The API's own address: the receiver that validators name when they sign a request.

It keeps a request that was signed for one API from being repeated at another. The API never
signs, so the private half of the key is not kept.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from bittensor.sp_core import Keypair

from cgp.durable_files import open_private, private_folder

_FILE = "api-address.txt"


def api_address(data_dir: Path) -> str:
    """Return the API's address (SS58), kept in ``data_dir`` and made there the first time.

    Raises:
        ValueError: if the file does not hold an address.
    """
    file = data_dir / _FILE
    if not file.exists():
        private_folder(data_dir)
        new_address = Keypair.create_from_seed(secrets.token_bytes(32)).ss58_address
        # Written under another name first: two processes that start at once must end with one
        # address.
        draft = file.with_name(f"{_FILE}.{secrets.token_hex(4)}")
        with os.fdopen(open_private(draft, os.O_WRONLY | os.O_EXCL), "w", encoding="ascii") as new:
            new.write(new_address + "\n")
        # A link never replaces: where another process was first, its address counts.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    address = file.read_text(encoding="ascii").strip()
    try:
        Keypair(address)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file} holds no address; delete it to make a new one") from error
    return address
