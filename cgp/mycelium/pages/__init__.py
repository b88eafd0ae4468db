"""The page of Mycelium, in the explorer's shell."""

from cgp.mycelium.pages.pages import MyceliumPages, add_mycelium_pages

__all__ = ["MyceliumPages", "add_mycelium_pages"]
