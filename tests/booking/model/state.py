"""What the machine remembers between records: plain dictionaries and lists, nothing that the rest would give."""

DAY_MS = 24 * 3600 * 1000

DEFAULTS = {
    "admins": ["admin"],
    "lease_ms": 12_000,
    "grace_ms": 45_000,
    "hold_ms": 120_000,
    "max_hold_ms": 900_000,
    "max_per_booking": 10,
    "offer_ms": 120_000,
    "lock_ttl_ms": 8_000,
    "lock_delay_ms": 0,
    "max_txn_bytes": 1 << 20,
    "max_sessions": 100_000,
    "max_sessions_per_client": 2_000,
}


class State:
    def __init__(self):
        self.time_ms = None  # no record yet
        self.previous_timestamp = None
        self.config = dict(DEFAULTS)
        self.sessions = {}  # live ones only, by id
        self.shows = {}
        self.holds = {}  # ended ones, too: what ended them is remembered
        self.bookings = {}  # cancelled ones, too
        self.locks = {}  # every name that was ever acquired
        self.last_token = 0
        self.lockfiles = {}  # target -> bytes
        self.clients = {}  # what dedup knows of each client


class Record:
    """One record on its way through the machine: where it stands in the log, and what came of it."""

    def __init__(self, offset, timestamp):
        self.offset = offset
        self.timestamp = timestamp
        self.replies = []
        self.events = []
        self.offers = 0  # how many offers it has made: they are numbered

    def emit(self, kind, **fields):
        self.events.append({"type": kind, **fields})


class Command:
    """A decoded record. `body` has the fields as they were sent; nothing is added."""

    def __init__(self, envelope):
        self.type = envelope["type"]
        self.body = envelope.get("body", {})
        self.client = envelope.get("client_id", "")
        self.session = envelope.get("session_id")
        self.seq = envelope.get("seq")
        self.idem_key = envelope.get("idem_key")
        self.ack_below = envelope.get("ack_below")
        self.lock = envelope.get("lock")
