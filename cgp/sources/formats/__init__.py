"""The formats: one module each, with its ``Source`` as ``SOURCE``. A new format is a new file."""
