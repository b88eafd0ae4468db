"""The CGP API: conversations in, to any number of validators exactly once, and results out.

Three kinds of callers. Validators reserve conversations and push results, over requests signed by
their hotkey (btauth). Importers push conversations with an API key. Anyone reads results.
"""
