"""Failures that a person can act on: printed without a traceback."""


class ClusterFailure(Exception):
    """What happened, what it means and what to do next, in one message."""
