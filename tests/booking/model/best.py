"""The best seats: the same choice on every replica, by integers only."""

from . import orphan


def key(block, rows, columns):
    """Smallest first: near the middle row, near the middle of the row, then the lowest row and column."""
    row, first, last = block[0][0], block[0][1], block[-1][1]
    return (abs(2 * row - (rows + 1)), abs(first + last - (columns + 1)), row, first)


def choose(available, count, rows, columns):
    """`count` of the available places, or None if there are fewer."""
    if len(available) < count:
        return None
    available, chosen = set(available), []
    while not any(orphan.blocks(available, count)):
        longest = longest_run(available, rows, columns)
        chosen += longest
        available -= set(longest)
        count -= len(longest)
    candidates = sorted(orphan.blocks(available, count), key=lambda block: key(block, rows, columns))
    without_orphan = [block for block in candidates if not orphan.made_by_block(available, block)]
    return sorted(chosen + (without_orphan or candidates)[0])


def longest_run(available, rows, columns):
    runs = []
    for row, column in available:
        if (row, column - 1) not in available:
            run = [(row, column)]
            while (row, run[-1][1] + 1) in available:
                run.append((row, run[-1][1] + 1))
            runs.append(run)
    return min(runs, key=lambda run: (-len(run), key(run, rows, columns)))
