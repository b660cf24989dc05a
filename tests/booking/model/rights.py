"""Step 5: what only administrators may do."""

from .answers import Refusal

ADMINISTRATORS_ONLY = (
    "show.add", "show.update", "show.remove", "seat.block", "seat.unblock", "lock.break", "config.set",
)  # fmt: skip


def check(state, command):
    if command.type in ADMINISTRATORS_ONLY and command.client not in state.config["admins"]:
        raise Refusal("NOT_ADMIN")
