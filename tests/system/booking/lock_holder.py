"""A program that takes a lock, stages something, says its token, and never goes on: for a test that kills it.

lock_holder.py HOST:PORT,HOST:PORT LOCK TTL_MS
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from booking.booking_client import BookingClient  # noqa: E402
from booking.call_history import History  # noqa: E402

front_ends, lock, ttl_ms = sys.argv[1:]
client = BookingClient(f"holder-of-{lock}-{time.time_ns()}", front_ends.split(","), History())
client.open_session(lease_ms=60_000)
token = client.acquire(lock, ttl_ms=int(ttl_ms), expect="GRANTED")["token"]
client.append(lock, token, "never seen", target=lock, expect="STAGED")
print(token, flush=True)
time.sleep(600)
