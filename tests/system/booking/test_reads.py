"""Reads of the front ends: how new they are, what they cost a client that has them already, the audit, what third parties get."""

import base64
import json
import signal
import urllib.request

from booking.booking_cluster import wait_until


def test_every_front_end_shows_a_booking_from_its_offset_on(booking):
    show = booking.new_show()
    client = booking.client()
    for seat in ("1A", "2B", "3C", "4D", "5E"):
        offset = client.reserve(show, seat, expect="RESERVED").offset
        for where in booking.front_ends():
            call = client.ask("GET", f"/v1/shows/{show}/seats?min_offset={offset}", front_end=where)
            assert call.status == 200 and call.offset >= offset
            assert {one["id"]: one["mine"] for one in call.json["seats"] if one["state"] == "BOOKED"}[seat]


def test_an_offset_that_does_not_come_is_a_timeout(booking):
    call = booking.client().ask("GET", "/v1/shows?min_offset=1000000000")
    assert (call.status, call.code) == (504, "TIMEOUT")


def test_a_client_that_has_the_map_is_told_so(booking):
    show = booking.new_show()
    client, other = booking.clients(2)
    path = f"/v1/shows/{show}/seats"
    first = client.read(path + "?consistency=linearizable")
    tag = first.headers["etag"]
    assert tag == f'"{first.json["show_version"]}"'
    assert "X-Client-Id" in first.headers["vary"]
    unchanged = client.ask("GET", path, headers={"If-None-Match": tag})
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", tag)
    offset = other.reserve(show, "1A", expect="RESERVED").offset
    changed = client.ask("GET", f"{path}?min_offset={offset}", headers={"If-None-Match": tag})
    assert changed.status == 200 and changed.headers["etag"] != tag


def test_linearizable_reads_need_a_quorum_and_stale_ones_do_not(booking):
    show = booking.new_show()
    client = booking.client()
    client.reserve(show, "1A", expect="RESERVED")
    for where in booking.front_ends():
        call = client.ask("GET", f"/v1/shows/{show}/seats?consistency=linearizable", front_end=where)
        assert call.status == 200 and call.json["seats"][0]["state"] == "BOOKED", call
    for entry in booking.cluster.processes("broker")[:2]:
        booking.cluster.kill(entry, signal.SIGKILL)
    refused = client.ask("GET", "/v1/shows?consistency=linearizable", timeout_s=30)
    assert (refused.status, refused.code) == (503, "NO_QUORUM"), refused
    assert int(refused.headers["retry-after"]) >= 1
    stale = client.ask("GET", "/v1/shows")
    assert stale.status == 200 and int(stale.headers["x-state-age-ms"]) >= 0
    booking.revive()
    assert client.read("/v1/shows?consistency=linearizable", patience_s=60).status == 200


def test_the_audit_tells_who_tried_what_and_survives_a_restart(booking):
    show = booking.new_show()
    winner, loser = booking.clients(2)
    winner.reserve(show, "1A", expect="RESERVED")
    key = ("seq", loser.next_seq())
    loser.reserve(show, "1A", key=key, expect="SEAT_TAKEN")
    offset = loser.reserve(show, "1A", key=key, expect="SEAT_TAKEN").offset
    winner.cancel(show, "1A", expect="CANCELLED")
    entry = booking.front_end(2)
    path = f"/v1/audit?show={show}&seat=1A&consistency=linearizable"

    def history(where):
        answer = winner.read(path, front_end=where).json
        return [(one["client_id"], one["code"], one["status"]) for one in answer["entries"]]

    expected = [(winner.client_id, "RESERVED", "OK"), (loser.client_id, "SEAT_TAKEN", "ERROR"), (winner.client_id, "CANCELLED", "OK")]
    assert [history(where) for where in booking.front_ends()] == [expected, expected]
    booking.cluster.kill(entry, signal.SIGKILL)
    booking.start_again(entry)
    wait_until(lambda: booking._is_ready(entry), 60, "the front end is ready")
    assert history(booking.front_ends()[1]) == expected
    page = winner.read(f"/v1/audit?client={loser.client_id}&from_offset={offset}").json
    assert [one["offset"] for one in page["entries"]] == [offset] and page["next_offset"] > offset


def test_what_is_no_command_becomes_one_dead_letter_and_events_are_stored_once(booking):
    poison = "not json " + "x" * 50
    producer = booking.cluster.api("POST", "/producer/register", {"topic": "booking.cmd"})["producer_id"]
    asked = {"topic": "booking.cmd", "producer_id": producer, "message": poison}
    offset = booking.cluster.api("POST", "/producer/produce", asked)["offset"]
    show = booking.new_show()
    booked = booking.client().reserve(show, "1A", expect="RESERVED").offset
    booking.wait_until_applied(booked)

    def letters():
        return [told for told in map(lambda one: json.loads(one.value), booking.records("dlq")) if told["offset"] == offset]

    wait_until(letters, 30, "the dead letter")
    booking.wait_for_event("seat.booked", show_id=show)
    for n in (1, 2):  # both front ends know that it is there, so neither will write it again
        wait_until(lambda: published(booking, n, "booking.event") >= booked, 30, "both front ends have published")
        wait_until(lambda: published(booking, n, "booking.dlq") >= offset, 30, "both front ends have published")
    [letter] = letters()
    assert base64.b64decode(letter["message_base64"]).decode() == poison and letter["length"] == len(poison)
    assert letter["reason"]
    offsets = [json.loads(one.value)["offset"] for one in booking.records("event")]
    assert offsets == sorted(set(offsets)), "one message for each command, in the order of the log"


def published(booking, n, topic):
    """The newest offset that a front end knows to be stored in the topic."""
    line = f'marquee_booking_front_end_published_offset{{topic="{topic}"}} '
    with urllib.request.urlopen(booking.front_end(n)["http"] + "/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return int(text.split(line)[1].split("\n")[0])


def test_the_page_runs_nothing_that_is_not_its_own(booking):
    call = booking.client().ask("GET", "/")
    assert call.status == 200 and call.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in call.headers["content-security-policy"]
    assert call.headers["x-content-type-options"] == "nosniff"
    assert booking.client().ask("GET", "/", headers={"If-None-Match": call.headers["etag"]}).status == 304
