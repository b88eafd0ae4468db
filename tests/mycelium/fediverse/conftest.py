"""Keys of actors, made once for all tests of this folder."""

import pytest

from cgp.mycelium.fediverse.signing_key import open_key


@pytest.fixture(scope="session")
def key_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    files = [folder / f"{number}.pem" for number in range(2)]
    for file in files:
        open_key(file, "https://a.example/users/a#main-key")
    return files


@pytest.fixture(scope="session")
def keys(key_files):
    return [
        open_key(file, f"https://{name}.example/users/{name}#main-key")
        for file, name in zip(key_files, "ab", strict=True)
    ]
