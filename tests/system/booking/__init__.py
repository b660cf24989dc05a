"""Every scenario of the booking application over real processes, and the checker of its invariants."""
