"""Each rule finds the fault that is planted for it, and says where; a healthy history has none."""

from history import check
from history import healthy
import pytest
from history.healthy import TOPIC, all_of, find


def last_offset(history, partition):
    return max(event["offset"] for event in all_of(history, "stored", partition=partition))


def test_a_healthy_history_has_no_violations():
    verdict, figures = check.judge(healthy.made())
    assert verdict.good, verdict.text()
    assert figures["messages in doubt"] == 4 and figures["answered as duplicates"] == 6


def lose_an_acknowledged_message(history):
    history.remove(find(history, "stored", partition=1, offset=4))


def put_another_message_in_its_place(history):
    one, other = find(history, "stored", offset=2, partition=0), find(history, "stored", offset=3, partition=0)
    one["id"], other["id"] = other["id"], one["id"]


def change_a_byte_of_a_stored_message(history):
    find(history, "stored", offset=1, partition=1)["digest"] = "other"


def store_a_sequenced_message_twice(history):
    first = find(history, "stored", id="m:sequenced/1/0")
    end = last_offset(history, 0)
    history.append({**first, "partition": 0, "offset": end + 1, "index": end + 3})


def store_what_was_refused(history):
    digest = find(history, "produce", client="plain", op=1)["items"][0]["digest"]
    history.append({**find(history, "stored", partition=0, offset=0), "id": "m:plain/1/0", "digest": digest,
                    "offset": last_offset(history, 0) + 1})


def store_what_nobody_sent(history):
    history.append({**find(history, "stored", partition=0, offset=0), "id": "m:nobody/1/0",
                    "offset": last_offset(history, 0) + 1})


def answer_a_duplicate_with_another_offset(history):
    answers = all_of(history, "produce", client="sequenced", op=1)
    answers[0]["results"] = [dict(told, ok=True) for told in answers[1]["results"]]
    answers[0]["results"][0]["offset"] += 1


def leave_an_offset_out(history):
    for event in all_of(history, "stored", partition=1):
        event["offset"] += event["offset"] >= 5


def append_an_earlier_message_behind_a_later_one(history):
    """By the clock: its sender had the other one's acknowledgement before."""
    find(history, "produce", client="sequenced", op=2, **{"try": 0})["start"] += 10**12


def swap_two_messages_of_an_ordered_producer(history):
    """Sent at once, so that the clock does not tell, and stored the wrong way round."""
    one, other = find(history, "stored", id="m:sequenced/0/0"), find(history, "stored", id="m:sequenced/2/0")
    one["offset"], other["offset"] = other["offset"], one["offset"]
    for attempt in all_of(history, "produce", client="sequenced"):
        attempt.update(start=1, end=10**15)


def swap_two_messages_of_one_request(history):
    one, other = find(history, "stored", id="m:plain/0/0"), find(history, "stored", id="m:plain/0/2")
    one["offset"], other["offset"] = other["offset"], one["offset"]
    find(history, "produce", client="plain", op=0).update(start=1, end=10**15)


def move_a_key(history):
    find(history, "produce", client="sequenced", op=6)["items"][0]["key"] = "k2"
    find(history, "produce", client="sequenced", op=0)["items"][1]["key"] = "k2"


def deliver_what_vanished(history):
    find(history, "consume", client="native", op=1)["messages"][0][2] = "was-there-once"


def deliver_before_it_was_sent(history):
    find(history, "consume", client="native", op=0).update(start=-2, end=-1)


def skip_a_message(history):
    find(history, "consume", client="manual", op=1)["messages"].pop(0)


def skip_an_answer(history):
    history.remove(find(history, "consume", client="native", op=1))


def repeat_to_a_native_consumer(history):
    again = find(history, "consume", client="native", op=1)
    history.append({**again, "op": 1, "try": 1})


def repeat_to_an_automatic_consumer(history):
    history.append({**find(history, "consume", client="auto", op=1), "try": 1})


def answer_out_of_order(history):
    messages = find(history, "consume", client="auto", op=0)["messages"]
    messages[0], messages[2] = messages[2], messages[0]


def answer_a_repeated_poll_with_other_messages(history):
    find(history, "consume", client="poll", op=1, **{"try": 1})["messages"].pop()


def say_that_nothing_is_left_too_early(history):
    find(history, "drained", client="poll")["positions"][0][1] -= 1


def lose_a_position(history):
    last = all_of(history, "position", client="manual")[-1]
    history.append({**last, "positions": [[0, 1]], "start": last["end"] + 1, "end": last["end"] + 2})


def deliver_below_a_commit(history):
    """After the fault, so that a repeat as such is allowed."""
    later = find(history, "consume", client="after-fault", op=1)
    history.append({"e": "position", "client": "after-fault", "topic": TOPIC, "source": "commit",
                    "start": later["start"] - 2, "end": later["start"] - 1, "positions": [[0, 3]]})


def lower_a_watermark(history):
    all_of(history, "watermark", partition=0)[-1]["high"] = 1


def tell_a_watermark_above_the_end(history):
    all_of(history, "watermark", partition=1)[-1]["high"] += 1


def tell_a_watermark_below_an_acknowledgement(history):
    """Always the same one: it never goes back."""
    for event in all_of(history, "watermark", partition=0):
        event["high"] = 0


def lower_the_log_start(history):
    all_of(history, "watermark", partition=0)[0]["log_start"] = 1


def change_a_follower(history):
    find(history, "entry", replica="broker-2", partition=1, index=4)["digest"] = "other"


def cut_a_follower_short(history):
    for event in all_of(history, "entry", replica="broker-3", partition=0)[-2:]:
        history.remove(event)


def lose_an_entry_in_the_middle(history):
    history.remove(find(history, "entry", replica="broker-3", partition=0, index=5))


def lower_a_term(history):
    find(history, "entry", replica="broker-1", partition=0, index=4)["term"] = 2


def never_come_back(history):
    find(history, "fault")["progress_ms"] = None


def come_back_late(history):
    find(history, "fault")["progress_ms"] = 45_000


def surprise_a_client(history):
    history.append({"e": "surprise", "client": "auto", "op": 2, "start": 5, "end": 6, "text": "404 TOPIC_NOT_FOUND"})


PLANTED = [
    (lose_an_acknowledged_message, "acknowledged-lost", ["m:", "orders/1 offset 4", "where there is nothing", " s to "]),
    (put_another_message_in_its_place, "acknowledged-lost", ["m:sequenced", "orders/0 offset 2"]),
    (change_a_byte_of_a_stored_message, "altered", ["orders/1 offset 1", "other bytes"]),
    (store_a_sequenced_message_twice, "stored-twice", ["m:sequenced/1/0", "is 2 times in orders"]),
    (store_what_was_refused, "refused-but-stored", ["m:plain/1/0", "orders/0 offset"]),
    (store_what_nobody_sent, "phantom", ["m:nobody/1/0", "orders/0 offset", "nobody sent"]),
    (answer_a_duplicate_with_another_offset, "answers-differ", ["m:sequenced/1/0", "different places"]),
    (leave_an_offset_out, "offsets-not-dense", ["orders/1: offset 6 follows where 5 was expected"]),
    (append_an_earlier_message_behind_a_later_one, "out-of-order", ["m:sequenced/2/", "before", "orders/"]),
    (swap_two_messages_of_an_ordered_producer, "out-of-order", ["m:sequenced/0/0", "of the same producer"]),
    (swap_two_messages_of_one_request, "out-of-order", ["m:plain/0/0", "m:plain/0/2"]),
    (move_a_key, "key-moved", ["the key k2", "0,1"]),
    (deliver_what_vanished, "delivered-but-gone", ["native", "operation 1", "orders/"]),
    (deliver_before_it_was_sent, "delivered-before-sent", ["native", "operation 0", "m:sequenced"]),
    (skip_a_message, "gap", ["manual", "operation 1", "without having been given"]),
    (skip_an_answer, "gap", ["native", "operation 2", "without having been given"]),
    (repeat_to_a_native_consumer, "repeat", ["native", "operation 1", "again"]),
    (repeat_to_an_automatic_consumer, "repeat", ["auto", "operation 1", "no failure"]),
    (answer_out_of_order, "unordered-answer", ["auto", "operation 0", "within one answer"]),
    (answer_a_repeated_poll_with_other_messages, "poll-differs", ["poll 1 of orders", "(3 messages)"]),
    (say_that_nothing_is_left_too_early, "not-drained", ["poll was told", "orders/0"]),
    (lose_a_position, "position-went-back", ["manual in orders, partition 0: 1 was told"]),
    (deliver_below_a_commit, "below-committed", ["after-fault", "operation 1", "3 had been committed"]),
    (lower_a_watermark, "watermark-went-back", ["orders, partition 0: 1 was told by topics"]),
    (tell_a_watermark_above_the_end, "watermark-went-back", ["orders/1 had the high watermark", "ends at"]),
    (tell_a_watermark_below_an_acknowledgement, "watermark-too-low", ["m:sequenced", "orders/0 offset", "watermark 0"]),
    (lower_the_log_start, "log-start-went-back", ["orders, partition 0: 0 was told"]),
    (change_a_follower, "replicas-differ", ["orders/1: entry 4", "broker-2 other"]),
    (cut_a_follower_short, "replica-lacks", ["orders/0 at broker-3 ends at offset"]),
    (lose_an_entry_in_the_middle, "entries-not-dense", ["orders/0 at broker-3: entry 6 follows entry 4"]),
    (lower_a_term, "term-fell", ["orders/0 at broker-1: entry 5 has term 1 after 2"]),
    (never_come_back, "no-progress", ["fault 1 (kill rm-1)", "no produce or no consume succeeded"]),
    (surprise_a_client, "unexpected-answer", ["auto, operation 2", "TOPIC_NOT_FOUND"]),
    (come_back_late, "no-progress", ["it took 45000 ms"]),
]


@pytest.mark.parametrize("plant, rule, says", PLANTED, ids=[plant.__name__ for plant, _, _ in PLANTED])
def test_the_rule_finds_it(plant, rule, says):
    history = healthy.made()
    plant(history)
    verdict, _ = check.judge(history)
    found = [violation for violation in verdict.violations if violation.rule == rule]
    assert found, f"{rule} was not found; the verdict was: {verdict.text()}"
    assert any(all(part in violation.text for part in says) for violation in found), verdict.text()


def test_a_resending_client_without_sequences_may_double():
    history = healthy.made()
    twice = [event["id"] for event in all_of(history, "stored")]
    assert any(twice.count(name) == 2 for name in twice), "the history holds no doubled message: the test proves nothing"
    assert check.judge(history)[0].good


def test_a_client_that_goes_away_may_leave_an_answer_unread_but_no_other():
    history = healthy.made()
    for event in all_of(history, "consume", client="manual"):
        event["mode"] = "disconnecting"
    gone = find(history, "consume", client="manual", op=2)
    gone.update(ok=False, messages=[], code="reset at once")
    assert check.judge(history)[0].good
    history.remove(gone)
    verdict, _ = check.judge(history)
    assert verdict.counts["gap"] == 2, verdict.text()


def test_a_repeat_after_a_lost_answer_is_no_violation():
    history = healthy.made()
    again = find(history, "consume", client="auto", op=2)
    lost = {**again, "try": 0, "op": 3, "ok": False, "messages": [], "code": "reset"}
    for event in all_of(history, "consume", client="auto"):
        event["op"] += 2 * (event["op"] >= 3)
    history += [lost, {**again, "op": 4}]
    # The commits of the healthy history would forbid it.
    history = [event for event in history if not (event["e"] == "position" and event["client"] == "auto")]
    assert check.judge(history)[0].good


def test_only_the_first_violations_of_a_rule_are_listed_but_all_are_counted():
    history = healthy.made()
    for event in all_of(history, "stored"):
        event["digest"] = "other"
    verdict, _ = check.judge(history)
    listed = [violation for violation in verdict.violations if violation.rule == "delivered-but-gone"]
    assert len(listed) == 10 < verdict.counts["delivered-but-gone"]
