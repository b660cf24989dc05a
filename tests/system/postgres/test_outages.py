"""PostgreSQL stopped, frozen, cut off, read-only, full: what is known goes on, what is new waits."""

import pytest

from database import until

# Produce and consume never wait for PostgreSQL. What they cost on a busy machine is less than this.
NO_GAP_MS = 1500
# postgres.timeout_ms at one manager, then once more at the next one that the load balancer tries.
REFUSED_WITHIN_S = 8.0
BACK_WITHIN_S = 12.0


@pytest.fixture(scope="module")
def flow(outages):
    """Traffic that goes on through every test of this file."""
    running = outages.traffic("flow")
    yield running
    running.finish()


@pytest.fixture(autouse=True)
def measured(outages, flow, record_property):
    """Before and after each test PostgreSQL works; meanwhile nobody of the traffic noticed anything."""
    flow.take_slowest()
    yield
    outages.revive()
    outages.wait_until_every_manager_creates("again", BACK_WITHIN_S)
    until(lambda: outages.controllers(), BACK_WITHIN_S)
    slowest = flow.take_slowest()
    record_property("slowest_ms", str(slowest))
    print("slowest request in ms:", slowest)
    assert not flow.problems, flow.problems[:3]
    assert outages.is_sanitized() or max(slowest.values()) < NO_GAP_MS, slowest


def assert_refused(answer, component, outcome="definite"):
    assert answer.status == 503, answer
    assert answer.body["code"] == "METADATA_UNAVAILABLE", answer
    assert answer.body["component"].startswith(component), answer
    assert answer.body["outcome"] == outcome, answer
    assert answer.body["retriable"] is True, answer
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.elapsed_s < REFUSED_WITHIN_S, answer


def assert_creating_is_refused(cluster):
    assert_refused(cluster.ask("POST", "/topics", {"name": "while-away"}), "write_manager/")
    assert_refused(cluster.ask("POST", "/producer/register", {"topic": "flow"}), "write_manager/")
    assert_refused(cluster.ask("POST", "/consumer/register", {"topic": "flow"}), "read_manager/")


def assert_questions_are_answered(cluster):
    """From what managers remember, and a topic that nobody has heard of is no 404."""
    known = cluster.ask("GET", "/topics")
    assert known.status == 200 and "flow" in known.body["topics"], known
    assert cluster.ask("GET", "/topics/flow").body["topic"]["partitions"][0]["leader"] is not None
    assert cluster.ask("GET", "/cluster").status == 200
    assert len(cluster.ask("GET", "/brokers").body["brokers"]) == 3
    assert_refused(cluster.ask("GET", "/topics/never-heard-of"), "write_manager/")
    body = {"topic": "never-heard-of", "producer_id": "p-x", "message": "m"}
    assert_refused(cluster.ask("POST", "/producer/produce", body), "write_manager/")
    body = {"topic": "never-heard-of", "from": "earliest"}
    assert_refused(cluster.ask("POST", "/consumer/register", body), "read_manager/")


def test_stopped_and_started_again(outages):
    outages.api("POST", "/topics", {"name": "kafka-side"})
    outages.leader_of("kafka-side")
    with outages.database.stopped():
        # A new idempotent producer needs an id, which brokers have in reserve.
        outages.kcat("-P", "-t", "kafka-side", "-X", "enable.idempotence=true", stdin=b"one\ntwo\n")
        assert outages.kcat("-C", "-t", "kafka-side", "-e", "-q") == b"one\ntwo\n"
        until(lambda: outages.metric("wm-1", "marquee_write_manager_postgres_up") == 0)
        assert_creating_is_refused(outages)
        assert_refused(outages.ask("PATCH", "/topics/flow", {"config": {"retention.ms": "1000000"}}), "write_manager/")
        assert_refused(outages.ask("DELETE", "/topics/flow"), "write_manager/")
        assert_questions_are_answered(outages)
        until(lambda: not outages.controllers())
    until(lambda: outages.metric("wm-1", "marquee_write_manager_postgres_up") == 1)


def test_a_quick_restart_after_a_crash_gives_the_office_a_new_epoch(outages):
    before = int(outages.database.sql("SELECT epoch FROM controller"))
    outages.database.crash_and_start()
    until(lambda: int(outages.database.sql("SELECT epoch FROM controller")) > before)
    until(lambda: len(outages.controllers()) == 1)


def test_frozen_with_known_clients_moving_about(outages):
    """A broker is killed and comes back, leaders change, and the consumer's manager dies, with nobody to ask."""
    with outages.database.frozen():
        victim = outages.broker_of(outages.leader_of("flow"))
        outages.kill(victim)
        outages.kill(outages.manager("rm-1"))
        outages.control.restart("rm-1")
        outages.control.restart(victim["name"])
        for name in ("wm-1", "wm-2"):
            until(lambda name=name: outages.all_brokers_alive(name))
        assert_creating_is_refused(outages)
        assert_questions_are_answered(outages)
        until(lambda: not outages.controllers())
    outages.wait_until_creating_works("after-frozen", BACK_WITHIN_S)
    assert outages.ask("GET", "/topics/while-away").status == 404  # what was definite did not happen later


def test_a_commit_whose_answer_is_lost_is_unknown_and_can_be_repeated(outages):
    relay = outages.relays["wm-1"]
    body = {"name": "in-doubt"}
    relay.deaf_after(b"COMMIT")
    try:
        answer = outages.ask("POST", "/topics", body, url=outages.http_of("wm-1"))
        assert_refused(answer, "write_manager/wm-1", outcome="unknown")
        assert "may" in answer.body["message"], answer
    finally:
        relay.reset()
        relay.set("pass")
    until(lambda: outages.ask("POST", "/topics", body).status == 409, BACK_WITHIN_S)


def test_one_manager_cut_off_loses_the_office_to_the_other_which_never_acts_beside_it(outages):
    [first] = until(lambda: outages.controllers())
    [other] = [name for name in ("wm-1", "wm-2") if name != first]
    epoch = int(outages.database.sql("SELECT epoch FROM controller"))
    with outages.relays[first].being("cut"):

        def taken_over():
            acting = outages.controllers()
            assert len(acting) < 2, acting
            return acting == [other]

        until(taken_over, 12)
        assert int(outages.database.sql("SELECT epoch FROM controller")) > epoch
        # The cut one still serves what it knows; the other one creates.
        assert outages.ask("POST", "/topics", {"name": "made-by-other"}, url=outages.http_of(other)).status == 201
        assert_refused(outages.ask("POST", "/topics", {"name": "x"}, url=outages.http_of(first)), "write_manager/")
        assert outages.ask("GET", "/topics/flow", url=outages.http_of(first)).status == 200
    until(lambda: "made-by-other" in outages.ask("GET", "/topics", url=outages.http_of(first)).body["topics"])


def test_read_only_for_a_while(outages):
    database = outages.database
    database.set("default_transaction_read_only", "on")
    until(lambda: database.sql("SHOW default_transaction_read_only") == "on")
    try:
        answer = outages.ask("POST", "/topics", {"name": "not-now"})
        assert_refused(answer, "write_manager/")
        assert "read-only" in answer.body["message"]
        assert_questions_are_answered_by_reading(outages)
    finally:
        database.reset("default_transaction_read_only")


def test_no_connection_left(outages):
    with outages.database.without_free_connections():
        until(lambda: outages.ask("POST", "/topics", {"name": "crowd"}).status == 503)
        assert_creating_is_refused(outages)
        assert outages.ask("GET", "/topics/flow").status == 200


def test_the_password_is_changed(outages):
    with outages.database.with_other_password():
        outages.database.end_sessions()
        until(lambda: "password" in outages.ask("POST", "/topics", {"name": "locked-out"}).body.get("message", ""))
        assert_creating_is_refused(outages)


def test_out_of_disk(outages, small_disk):
    """Reading works, and nothing can be added: the tables' disk is full, which a file of the test sees to."""
    with small_disk.full():
        answer = until(lambda: refused(outages.ask("POST", "/topics", {"name": small_disk.name(), "partitions": 300})))
        assert_refused(answer, "write_manager/")
        assert "No space left" in answer.body["message"], answer
        assert_questions_are_answered_by_reading(outages)


def assert_questions_are_answered_by_reading(cluster):
    assert cluster.ask("GET", "/topics/flow").status == 200
    assert cluster.ask("GET", "/topics/never-heard-of").status == 404


def refused(answer):
    return answer if answer.status == 503 else None


def test_frozen_under_many_create_requests_grows_nothing(outages, flow):
    with outages.database.frozen():
        outages.storm("first", "wm-1", requests=700)
        before = outages.size_of("wm-1")
        for name in ("second", "third"):
            codes, took_s = outages.storm(name, "wm-1", requests=700)
            assert set(codes) <= {"METADATA_UNAVAILABLE", "OVERLOADED"}, codes
            assert codes["OVERLOADED"] > 0 and took_s < REFUSED_WITHIN_S, (codes, took_s)
        after = outages.size_of("wm-1")
    # Traffic shares the manager's loop with 700 requests at once: that costs time, and no more than that.
    assert max(flow.take_slowest().values()) < 4 * NO_GAP_MS
    assert after["threads"] == before["threads"]
    assert after["files"] <= before["files"] + 20, (before, after)
    # AddressSanitizer keeps freed memory for a while.
    assert after["rss_mib"] <= before["rss_mib"] + (300 if outages.is_sanitized() else 16), (before, after)
