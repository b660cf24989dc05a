"""Replicas alone: kill -9, snapshots lost and damaged, records that are no commands; equal digests whatever happened."""

import collections
import shutil
import signal

import pytest

from booking.four_replicas import NAMES, four_replicas, free_port, wait_until


@pytest.fixture
def replicas(cluster, tmp_path, request):
    """Over topics of the test's own."""
    prefix = "replica-" + request.node.name.replace("_", "-")[:80]
    with four_replicas(cluster, tmp_path, prefix) as made:
        yield made


def test_R09_killed_in_the_middle_of_commands_a_replica_goes_on_from_its_snapshot_to_the_same_digests(replicas):
    replicas.start(*NAMES)
    replicas.add_show()
    with replicas.commands_all_the_time() as told:
        for round_of in (1, 2):
            wait_until(lambda due=120 * round_of: told["last"] >= due, "commands are written")
            for name in ("r1", "r2"):
                wait_until(lambda one=name: replicas.snapshots(one), f"{name} has a snapshot")
            for name in ("r1", "r2"):
                replicas.end(name, signal.SIGKILL)
            replicas.start("r1", "r2")
    replicas.assert_equal_digests(told["last"])
    # r4 replayed from 0 and was never stopped; r1 has come from its snapshots and the tail behind them.
    assert replicas.snapshots("r1")
    assert "from a snapshot" in replicas.log_text("r1")
    assert "from a snapshot" not in replicas.log_text("r4")
    replicas.assert_equal_digests(told["last"] - 5)


def test_R08_without_its_snapshots_a_replica_replays_to_the_same_digest(replicas):
    replicas.start(*NAMES)
    replicas.add_show()
    last = replicas.hold_and_release(150)
    before = replicas.assert_equal_digests(last)
    for name in NAMES:
        assert replicas.end(name, signal.SIGTERM) == 0
        assert replicas.snapshots(name), "a graceful stop takes a snapshot"
        assert int(replicas.snapshots(name)[0].stem) == last + 1
        shutil.rmtree(replicas.data_dir(name))
    replicas.start(*NAMES)
    assert replicas.assert_equal_digests(last) == before
    assert replicas.log_text("r1").count("begins at offset 0") == 2


def test_a_damaged_snapshot_is_passed_over(replicas):
    replicas.start(*NAMES)
    replicas.add_show()
    last = replicas.hold_and_release(100)
    replicas.assert_equal_digests(last)
    replicas.end("r1", signal.SIGTERM)
    last = replicas.hold_and_release(30)
    replicas.start("r1")
    replicas.assert_equal_digests(last)
    replicas.end("r1", signal.SIGTERM)
    newest, older = replicas.snapshots("r1")
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    replicas.start("r1")
    replicas.assert_equal_digests(last)
    assert f"{newest.name} is passed over" in replicas.log_text("r1")
    assert f"goes on at offset {older.stem} from a snapshot" in replicas.log_text("r1")


def test_R11_records_that_are_no_commands_stop_no_replica(replicas):
    replicas.start(*NAMES)
    replicas.add_show()
    topic = f"{replicas.prefix}.cmd"
    for poison in (b"{", b"\xff\xfe\x00", b'{"v":1,"type":"no.such"}', b"x" * 1_048_000, b"[" * 100_000):
        replicas.cluster.kcat("-t", topic, "-P", "-D", "\x01", "-X", "message.max.bytes=2000000", stdin=poison)
    replicas.cluster.kcat("-t", topic, "-P", "-k", "null", "-Z", stdin=b"")
    last = replicas.reserve("alice", "1A")
    replicas.assert_equal_digests(last)
    for name in NAMES:
        assert replicas.running[name].poll() is None
    wait_until(lambda: len([one for one in replicas.votes() if one["at_offset"] == last]) == 4, "all four have voted")
    votes = [one for one in replicas.votes() if one["at_offset"] == last]
    assert {one["code"] for one in votes} == {"RESERVED"}


def test_every_replica_votes_once_and_alike_on_each_command_in_the_partition_of_who_asked(replicas):
    replicas.start(*NAMES)
    replicas.add_show()
    last = replicas.reserve("alice", "1A", "1A", "2B")
    wait_until(lambda: len(replicas.votes()) >= 4 * (last + 1), "all votes are there")
    votes = collections.defaultdict(list)
    for one in replicas.votes():
        votes[one["at_offset"]].append(one)
    for offset in range(last + 1):
        assert sorted(one["replica"] for one in votes[offset]) == list(NAMES)
        assert len({(one["reply_hash"], one["digest"]) for one in votes[offset]}) == 1
    described = replicas.cluster.api("GET", f"/topics/{replicas.prefix}.reply")["topic"]["partitions"]
    assert [one["partition"] for one in described if one["high_watermark"]] == [1]


def test_a_replica_waits_for_the_cluster_and_says_so(replicas):
    nobody = free_port()
    replicas.start("r1", wait=False, booking__load_balancers=f"127.0.0.1:{nobody}")
    wait_until(lambda: replicas.ask("r1", "/health")[0] == 200, "r1 is up")
    status, answer = replicas.ask("r1", "/ready")
    assert status == 503
    assert f"{replicas.prefix}.cmd" in answer["message"]
    assert replicas.end("r1", signal.SIGTERM) == 0


def test_a_second_process_cannot_have_the_same_folder(replicas):
    replicas.start("r1")
    first = replicas.running.pop("r1")
    replicas.ports["r1"] = free_port()
    replicas.start("r1", wait=False)
    assert replicas.running.pop("r1").wait(timeout=30) == 1
    assert "another process works in this folder" in replicas.log_text("r1")
    replicas.running["r1"] = first


def test_digests_are_told_while_they_are_kept_and_waited_for(replicas):
    replicas.start("r1")
    last = replicas.add_show()
    assert replicas.digest("r1", last)
    status, answer = replicas.ask("r1", f"/digest?offset={last + 1}")
    assert (status, answer["code"]) == (504, "TIMEOUT")
    status, answer = replicas.ask("r1", f"/status?offset={last + 5}&wait_ms=10")
    assert (status, answer["digest"], answer["offset"]) == (200, None, last)
    assert replicas.ask("r1", "/digest?offset=x")[0] == 400
    assert replicas.ask("r1", "/status?offset=-2")[0] == 400
    assert replicas.ask("r1", "/digest")[0] == 400
    assert replicas.ask("r1", "/snapshot", {})[0] == 202
    wait_until(lambda: replicas.snapshots("r1"), "the snapshot is there")
    replicas.end("r1", signal.SIGTERM)
    replicas.start("r1")
    assert replicas.ask("r1", f"/digest?offset={last}")[0] == 200


def test_each_fault_that_is_injected_shows_in_the_votes(replicas):
    replicas.start(*NAMES)
    first = replicas.add_show()
    right = replicas.assert_equal_digests(first)
    assert replicas.ask("r1", "/fault", {"mode": "nonsense"})[0] == 400
    for name, mode in (("r1", "corrupt_state"), ("r2", "wrong_reply"), ("r3", "slow"), ("r4", "crash")):
        assert replicas.ask(name, "/fault", {"mode": mode, "count": 1})[0] == 202
    # Nothing shows before the next record.
    assert replicas.digest("r1", first) == right
    last = replicas.reserve("alice", "9A")
    assert replicas.running.pop("r4").wait(timeout=30) == 70
    wait_until(lambda: len([one for one in replicas.votes() if one["at_offset"] == last]) == 3, "three have voted")
    votes = {one["replica"]: one for one in replicas.votes() if one["at_offset"] == last}
    assert votes["r1"]["reply_hash"] == votes["r3"]["reply_hash"] != votes["r2"]["reply_hash"]
    assert votes["r2"]["digest"] == votes["r3"]["digest"] != votes["r1"]["digest"]
    times = replicas.vote_times(last)
    assert times["r3"] - times["r2"] >= 1_500
    # Started again it is as the others are, and has no fault any more.
    replicas.start("r4")
    last = replicas.reserve("bob", "10A")
    assert replicas.digest("r4", last) == replicas.digest("r3", last)
