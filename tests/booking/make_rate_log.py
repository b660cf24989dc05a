"""A log of reserve and cancel commands for `booking_replay --rate`: make_rate_log.py [COMMANDS] > log.jsonl

Clients with sessions book single seats in four halls of 25x7 and cancel about as many as they book; some
commands lose a race, as they do in life. The same number gives the same log."""

import base64
import json
import random
import sys

CLIENTS = 200
SHOWS = 4
ROWS, COLUMNS = 25, "ABCDEFG"


class log_writer:
    def __init__(self):
        self.offset = 0
        self.timestamp_ms = 1_700_000_000_000
        self.sequences = {}

    def write(self, client: str, kind: str, body: dict, session: str | None = None) -> int:
        sequence = self.sequences[client] = self.sequences.get(client, 0) + 1
        command = {"v": 1, "type": kind, "client_id": client, "seq": sequence, "reply_to": "fe-1", "body": body}
        if sequence > 8:
            command["ack_below"] = sequence - 4
        if session:
            command["session_id"] = session
        value = base64.b64encode(json.dumps(command, separators=(",", ":")).encode()).decode()
        print(f'{{"offset":{self.offset},"timestamp_ms":{self.timestamp_ms},"value_b64":"{value}"}}')
        self.offset += 1
        self.timestamp_ms += self.offset % 4 == 0
        return self.offset - 1


def main(commands: int) -> None:
    random.seed(7)
    log = log_writer()
    for show in range(SHOWS):
        body = {"show_id": f"S{show}", "movie": "Dune", "hall": "1", "starts_at_ms": 2_000_000_000_000}
        log.write("admin", "show.add", body | {"rows": ROWS, "cols": len(COLUMNS)})
    clients = [f"client-{n}" for n in range(CLIENTS)]
    sessions = {client: f"s-{log.write(client, 'session.open', {'lease_ms': 300_000})}" for client in clients}
    owner: dict[tuple[str, str], str] = {}
    while log.offset < commands:
        show = f"S{random.randrange(SHOWS)}"
        if owner and random.random() < 0.5:
            (show, seat), client = random.choice(list(owner.items())) if len(owner) < 64 else next(iter(owner.items()))
            del owner[(show, seat)]
            log.write(client, "seat.cancel", {"show_id": show, "seats": [seat]}, sessions[client])
        else:
            client = random.choice(clients)
            seats = [f"{random.randrange(ROWS) + 1}{random.choice(COLUMNS)}"]
            if all((show, seat) not in owner for seat in seats):
                owner.update({(show, seat): client for seat in seats})
            log.write(client, "seat.reserve", {"show_id": show, "seats": seats}, sessions[client])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
