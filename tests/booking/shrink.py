"""Makes a log on which two machines differ short: ticks take the place of records, so that ids stay what they are."""

import base64

TICK = base64.b64encode(b'{"v":1,"type":"tick","client_id":"_fe-1","body":{}}').decode()


def put_out(records, indexes):
    return [{**record, "value_b64": TICK} if at in indexes else record for at, record in enumerate(records)]


def shrink(records, still_differs):
    """`still_differs(records)` says whether the last record's outcome differs. Gives the records with most put out."""
    chunk = max(1, len(records) // 2)
    while True:
        start = 0
        while start < len(records) - 1:
            part = {at for at in range(start, min(start + chunk, len(records) - 1)) if records[at]["value_b64"] != TICK}
            shorter = put_out(records, part)
            if part and still_differs(shorter):
                records = shorter
            start += chunk
        if chunk == 1:
            return records
        chunk = max(1, chunk // 2)
