"""JSON: what is refused, where the answer says it was, and that a body is never understood in two ways."""

import json

import pytest

import raw_http
from front_doors import assert_refused, understood

NOT_JSON = {
    "cut": b'{"topic":"a"',
    "cut string": b'{"topic":"a',
    "trailing comma": b'{"topic":"a",}',
    "single quotes": b"{'topic':'a'}",
    "no quotes": b"{topic:1}",
    "comment": b'{"topic":"a"/*c*/}',
    "two values": b'{"topic":"a"}{}',
    "trailing words": b'{"topic":"a"} x',
    "trailing NUL": b'{"topic":"a"}\0',
    "NaN": b'{"topic":NaN}',
    "Infinity": b'{"topic":-Infinity}',
    "number past double": b'{"topic":1e999}',
    "leading zero": b'{"topic":01}',
    "plus": b'{"topic":+1}',
    "point without digits": b'{"topic":1.}',
    "hexadecimal": b'{"topic":0x10}',
    "raw NUL": b'{"topic":"a\0b"}',
    "raw control character": b'{"topic":"a\x01b"}',
    "raw line feed": b'{"topic":"a\nb"}',
    "bad escape": b'{"topic":"\\x41"}',
    "bad unicode escape": b'{"topic":"\\u12g4"}',
    "lone high surrogate": b'{"topic":"\\ud800"}',
    "lone low surrogate": b'{"topic":"\\udc00"}',
    "high surrogate twice": b'{"topic":"\\ud800\\ud800"}',
    "surrogate as UTF-8": b'{"topic":"\xed\xa0\x80"}',
    "invalid UTF-8": b'{"topic":"\xff\xfe"}',
    "overlong UTF-8": b'{"topic":"\xc0\xaf"}',
    "UTF-8 past U+10FFFF": b'{"topic":"\xf5\x80\x80\x80"}',
    "cut UTF-8": b'{"topic":"\xe2\x82"}',
    "invalid UTF-8 in a key": b'{"\xff":1}',
    "UTF-16": '{"topic":"a"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"topic":"a"}'.encode("utf-16-be"),
    "words": b"topic=a&partitions=3",
    "only white space": b"   \r\n\t",
    "an endless string": b'"' + b"s" * 1_000_000,
    "an endless number": b'{"topic":' + b"9" * 1_000_000,
    "an endless word": b'{"topic":' + b"t" * 1_000_000,
    "100,000 arrays": b"[" * 100_000,
    "100,000 arrays, closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "100,000 objects, closed": b'{"x_a":' * 100_000 + b"1" + b"}" * 100_000,
    "65 deep": b'{"x_a":' + b"[" * 64 + b"]" * 64 + b"}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_is_refused_in_a_short_answer(door, body):
    answer = door.send_json(body)
    found = assert_refused(answer, 400)
    assert "pointer" in found
    assert len(answer.body) < 4096, "the answer repeats what it refuses"


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"topic"', b"true", b'[{"topic":"a"}]'])
def test_a_body_must_be_an_object(door, body):
    assert assert_refused(door.send_json(body), 400)["pointer"] == ""


def test_64_levels_are_read(door):
    body = door.body("deep", x_a=0).replace(b'"x_a": 0', b'"x_a": ' + b"[" * 63 + b"]" * 63)
    assert understood(door.send_json(body), "deep")


def test_a_key_twice_is_refused_wherever_it_is(door):
    for body, pointer in (
        (b'{"topic":"a","topic":"a"}', "/topic"),
        (b'{"topic":"a","\\u0074opic":"b"}', "/topic"),
        (b'{"x_a":[0,{"b":1,"b":2}]}', "/x_a/1/b"),
        (b'{"x_a":1,"x_a":1}', "/x_a"),
        (b'{"a/b~c":1,"a/b~c":1}', "/a~1b~0c"),
    ):
        assert assert_refused(door.send_json(body), 400)["pointer"] == pointer


def test_an_unknown_field_is_named_and_x_fields_are_ignored(door):
    for name, pointer in (("surprise", "/surprise"), ("Topic", "/Topic"), ("", "/"), ("a/b~", "/a~1b~0"), ("x", "/x"), ("X_a", "/X_a"), ("topic\0", "/topic\0")):
        found = assert_refused(door.send_json(door.body("t", **{name: 1})), 400)
        assert found["pointer"] == pointer and pointer.replace("\0", "") in found["message"].replace("\0", "")
    assert understood(door.send_json(door.body("extras", x_={}, x_trace=["a"], **{"x_\u00e9": None})), "extras")


def test_a_field_of_the_wrong_type_is_named(door):
    for value in (1, 1.5, True, None, [], {}, ["a"], {"a": 1}, -(2**63), 2**64):
        assert assert_refused(door.send_json(door.body(value)), 400)["pointer"] == "/topic"


def test_a_missing_field_is_named(door):
    assert assert_refused(door.send_json(json.dumps(door.others).encode()), 400)["pointer"] == "/topic"
    assert assert_refused(door.exchange(raw_http.request("POST", door.path, fields=[("Content-Length", "0")])), 400)["pointer"] == "/topic"


INTEGERS = {"/producer/produce": ("sequence", 0, 2**53 - 1), "/consumer/consume": ("max", 1, 10_000)}


@pytest.mark.parametrize("value", ["1.5", "1e-3", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e308", '"1"', "true", "null", "[1]", "{}", "9007199254740992"])  # fmt: skip
def test_what_is_no_integer_in_range_is_refused_by_name(door, value):
    path = "/producer/produce" if door.role == "write_manager" else "/consumer/consume"
    name, _, _ = INTEGERS[path]
    fields = {"topic": "t", "producer_id": "p", "message": "m"} if "produce" in path else {"topic": "t", "consumer_id": "c"}
    body = json.dumps(fields)[:-1] + f',"{name}":{value}}}'
    assert assert_refused(door.exchange(raw_http.request("POST", path, body.encode())), 400)["pointer"] == f"/{name}"


def test_integers_at_their_limits_are_read(door):
    path = "/producer/produce" if door.role == "write_manager" else "/consumer/consume"
    name, least, most = INTEGERS[path]
    fields = {"topic": "t-limits", "producer_id": "p", "message": "m"} if "produce" in path else {"topic": "t-limits", "consumer_id": "c"}
    texts = [str(least), str(most)] + (["-0"] if least == 0 else [])
    for text in texts:
        body = json.dumps(fields)[:-1] + f',"{name}":{text}}}'
        assert door.exchange(raw_http.request("POST", path, body.encode())).status == 404


def test_numbers_in_a_query_are_integers_too(doors):
    for name in ("lb-to-reads", "read_manager"):
        for value in ("", "1.0", "1e3", "x", "0x1", "%201", "1%20", "9223372036854775808", "0", "10001", "-1", "+1", "%00"):
            target = f"/consumer/consume?topic=t&consumer_id=c&max={value}"
            assert assert_refused(doors[name].exchange(raw_http.request("GET", target)), 400)["pointer"] == "/max"
        for query, pointer in (("surprise=1", "/surprise"), ("max=1&max=1", "/max"), ("topic=t", "/topic"), ("=1", "/")):
            target = f"/consumer/consume?topic=t&consumer_id=c&{query}"
            assert assert_refused(doors[name].exchange(raw_http.request("GET", target)), 400)["pointer"] == pointer


def test_long_and_wide_bodies_are_answered_shortly(doors):
    door = doors["lb-to-reads"]
    long_text = "n" * 7_000_000
    wide = {"array": [0] * 100_000, "arrays": [[]] * 100_000, "objects": [{}] * 100_000, "fields": {f"k{n}": n for n in range(100_000)}}
    for body in (
        door.body(long_text),
        door.body("t", **{long_text: 1}),
        *[door.body("t", surprise=value) for value in wide.values()],
        door.body("t", messages=[{}] * 100_000),
        door.body("t", **{f"k{n}": n for n in range(100_000)}),
    ):
        answer = door.send_json(body)
        assert answer.status in (400, 404, 413, 422) and len(answer.body) < 4096, answer
    assert understood(door.send_json(door.body("wide", x_wide=list(wide.values()))), "wide")


def test_millions_of_small_values_do_not_cost_gigabytes(doors):
    door = doors["lb-to-writes"]
    body = door.body("t", x_many=0).replace(b'"x_many": 0', b'"x_many": [' + b"{}," * 2_700_000 + b"{}]")
    assert_refused(door.send_json(body), 400)


@pytest.mark.parametrize("topic", ["a\0b", "a\nb", "\x1b[31m", "\ud83d\ude00", "\u202e", "../x", ".", "..", "", "a" * 250, "a b", "__consumer_offsets", "\ufeff"])
def test_bad_topic_names_are_refused_and_make_no_topic(door, topic):
    answer = door.send_json(door.body(topic))
    assert answer.status in (400, 403, 404, 422), answer
    assert_refused(answer, answer.status, answer.json["code"])
