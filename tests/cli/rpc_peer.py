"""The protocol of executor/rpc/README.md from its page alone, as far as calls without a stream go."""

import json
import struct
import subprocess

from support import ZREPL

PREFACE = b"zrepl-rpc 1\n"
HELLO, CALL, REPLY, DATA, END, CREDIT, CANCEL, PING, GOODBYE = range(1, 10)
HEADER = struct.Struct("<BBHII")


class Gone(Exception):
    """The other end said goodbye, or just went."""


class Peer:
    """A caller, with a `zrepl serve` as its answerer."""

    def __init__(self, *arguments, **popen):
        self.process = subprocess.Popen([ZREPL, "serve", *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, **popen)
        self.channel = 0
        self.write(PREFACE)
        self.frame(HELLO, 0, 0, json.dumps({"zrepl": "a test", "minor": 0, "checksum": False}))
        assert self.read(len(PREFACE)) == PREFACE
        kind, _, _, payload = self.next()
        assert kind == HELLO, kind
        self.hello = json.loads(payload)

    def write(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Gone from error

    def frame(self, kind, flags, channel, payload=b""):
        payload = payload.encode() if isinstance(payload, str) else payload
        self.write(HEADER.pack(kind, flags, 0, channel, len(payload)) + payload)

    def read(self, size):
        data = self.process.stdout.read(size)
        if len(data) < size:
            raise Gone(data)
        return data

    def next(self):
        kind, flags, zero, channel, length = HEADER.unpack(self.read(HEADER.size))
        assert zero == 0
        payload = self.read(length)
        if kind == GOODBYE:
            raise Gone(payload.decode())
        return kind, flags, channel, payload

    def call(self, **message):
        """The reply, and its body or None."""
        self.channel += 1
        self.frame(CALL, 0, self.channel, json.dumps(message))
        header, body, has_body = b"", b"", False
        while True:
            kind, flags, channel, payload = self.next()
            if kind == PING:
                continue
            assert channel == self.channel
            if kind == REPLY:
                header += payload
                if not flags & 1 and not flags & 2:
                    return json.loads(header), None
                has_body = True
            elif kind == DATA:
                assert has_body
                body += payload
                self.frame(CREDIT, 0, channel, struct.pack("<I", len(payload)))
            else:
                assert kind == END and not flags & 1, kind
                assert struct.unpack("<Q", payload[:8])[0] == len(body)
                return json.loads(header), json.loads(body)

    def list(self, *trees, everything=False):
        reply, body = self.list_reply(*trees, everything=everything)
        assert reply["ok"], reply
        return {d["name"]: d for d in body["hosts"]["host"]["datasets"]}

    def list_reply(self, *trees, everything=False):
        return self.call(call="list", everything=everything, trees=list(trees), alone=[],
                         above=[], versions_only=False)

    def apply(self, kind, dataset, **more):
        return self.call(call="apply", actions=[{"kind": kind, "dataset": dataset, **more}])[0]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.wait(timeout=30)
