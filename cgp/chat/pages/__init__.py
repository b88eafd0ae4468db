"""Pages of the chat gateway, in the explorer's shell."""

from cgp.chat.pages.pages import ChatPages, add_chat_pages

__all__ = ["ChatPages", "add_chat_pages"]
