"""The second model of the booking state machine: written from the specification alone, simple before fast."""

from .model import Model

__all__ = ["Model"]
