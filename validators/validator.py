#!/usr/bin/env python3
"""Run ``validator/validator.py`` with the same flags, from the path that older guides name."""

import os
import sys
from pathlib import Path

script = Path(__file__).resolve().parent.parent / "validator" / "validator.py"
os.execv(sys.executable, [sys.executable, str(script), *sys.argv[1:]])  # noqa: S606 - our own
