"""Models on this machine: GGUF files with their hashes, a server for them, and a speed test."""

from cgp.chat_models.catalogue import CATALOGUE, CatalogueModel
from cgp.chat_models.errors import ModelFileError
from cgp.chat_models.files import ModelFile, ModelFiles, models_folder

__all__ = [
    "CATALOGUE",
    "CatalogueModel",
    "ModelFile",
    "ModelFileError",
    "ModelFiles",
    "models_folder",
]
