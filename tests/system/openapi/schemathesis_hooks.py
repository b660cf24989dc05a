"""Keeps from the generated requests those that break a rule which JSON Schema cannot say."""

import schemathesis

LARGEST_SEQUENCE = 2**53 - 1


@schemathesis.hook
def filter_body(context, body):
    if not isinstance(body, dict):
        return True
    messages, sequence, positions = body.get("messages"), body.get("sequence"), body.get("positions")
    if isinstance(messages, list) and isinstance(sequence, (int, float)):
        if LARGEST_SEQUENCE - len(messages) < sequence <= LARGEST_SEQUENCE:
            return False  # the batch's last sequence would be too large
    if isinstance(positions, list):
        partitions = [item.get("partition") for item in positions if isinstance(item, dict)]
        if len(set(map(repr, partitions))) != len(partitions):
            return False  # a partition named twice
    return True
