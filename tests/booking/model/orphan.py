"""Orphans: seats that are left alone. An AVAILABLE seat without an AVAILABLE neighbour; an aisle has no seat in it."""


def orphans(available):
    return {(row, column) for row, column in available if not {(row, column - 1), (row, column + 1)} & available}


def made_by(available, chosen):
    """The seats that are orphans after the choice and were none before."""
    return orphans(available - set(chosen)) - orphans(available)


def blocks(available, size):
    """All runs of `size` adjacent AVAILABLE seats."""
    for row, column in available:
        block = [(row, column + step) for step in range(size)]
        if all(place in available for place in block):
            yield block


def is_avoidable(available, size):
    return any(not made_by_block(available, block) for block in blocks(available, size))


def made_by_block(available, block):
    """As made_by, of one row only: no other is touched."""
    row = block[0][0]
    return made_by({place for place in available if place[0] == row}, block)
