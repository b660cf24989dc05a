"""Finds the drivers of foreign clients, which are shared with that folder."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "foreign_clients"))
