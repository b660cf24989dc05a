"""Answers: what a command gives back when it succeeds, how a check refuses, and the reply record made of either."""


class Answer:
    def __init__(self, code, body=None, show=None):
        self.code = code
        self.body = body or {}
        self.show = show  # the one show the answer is about, if there is one


class Refusal(Exception):
    """The first check that fails raises it; nothing has been changed by then."""

    def __init__(self, code, conflicts=None, **body):
        super().__init__(code)
        self.code = code
        self.body = dict(body)
        if conflicts is not None:
            self.body["conflicts"] = conflicts


def reply_record(record, time_ms, who, status, code, body, show_version=None):
    """`who` is {"client_id", "seq" or "idem_key"}: whose command this answers."""
    reply = {"v": 1, "offset": record.offset, "time_ms": time_ms, "status": status, "code": code, "replayed": False}
    reply.update(who)
    reply["body"] = body
    if show_version is not None:
        reply["show_version"] = show_version
    return reply


def who_asked(command):
    who = {"client_id": command.client}
    if command.seq is not None:
        who["seq"] = command.seq
    if command.idem_key is not None:
        who["idem_key"] = command.idem_key
    return who
