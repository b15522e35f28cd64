"""Lines of a log -> records, as docs/formats.md describes wrappers and joins; part of oracle_auto.

Everything is bytes: a log may hold anything. Shares no code with the C++.
"""
import dataclasses
import json
import re

import oracle
from oracle_text import Scanner, unescape

WRAPPERS_MAX = 4  # in each other
JOIN_LINES_MAX = 500

ISO_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]* "
BSD_TIME = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d "
DOCKER = re.compile(rb'\{"log":"((?:[^"\\]|\\.)*)"(.*)\}', re.DOTALL)
CRI = re.compile(rb"(?=.{20})" + ISO_TIME + rb"(stdout|stderr) ([PF])(?::[^ ]*)? (.*)", re.DOTALL)
PRIORITY = rb"<\d{1,3}>"
SD_ELEMENT = rb'\[(?:"(?:[^"\\]|\\.)*"|\\.|[^\]"\\])*\]'
STRUCTURED_DATA = rb"(?:- |(?:" + SD_ELEMENT + rb")+ )"
RFC5424 = re.compile(
    PRIORITY + rb"1 (?:[^ ]+ ){5}(?:[^ ]+ )??" + STRUCTURED_DATA + rb"(?:\xef\xbb\xbf)?(.*)", re.DOTALL)
RFC3164 = re.compile(
    rb"(?:" + PRIORITY + rb")?(?:" + ISO_TIME + rb"|" + BSD_TIME + rb')[^ ]+ [^ "{=]+: (.*)', re.DOTALL)


@dataclasses.dataclass
class Record:
    text: bytes
    lines: int = 1
    too_long: bool = False
    partial: bool = False  # goes on in the next line of its stream
    stream: int = 0  # 1: standard error
    wrappers: tuple = ()  # the functions that took them off


def unwrap_docker(record):
    """As the json-file driver writes it, key by key; nothing else is looked at."""
    match = DOCKER.fullmatch(record.text)
    if not match or b'"stream":"std' not in match[2] or b'"time":"' not in match[2]:
        return False
    content = unescape(match[1])
    if content is None:
        return False
    partial = not content.endswith(b"\n")
    if not partial:
        content = content.removesuffix(b"\n").removesuffix(b"\r")
    at_stream = match[2][match[2].index(b'"stream":"std'):]
    record.text, record.partial = content, partial
    record.stream = int(at_stream.startswith(b'"stream":"stderr"'))
    return True


def unwrap_cri(record):
    match = CRI.fullmatch(record.text)
    if not match:
        return False
    record.stream = int(match[1] == b"stderr")
    record.partial = match[2] == b"P"
    record.text = match[3]
    return True


def unwrap_syslog(record):
    match = RFC5424.fullmatch(record.text) or RFC3164.fullmatch(record.text)
    if match:
        record.text = match[1]
    return bool(match)


def unwrap_journald(record):
    if not record.text.startswith(b"{") or b'"__REALTIME_TIMESTAMP"' not in record.text:
        return False
    try:
        text = record.text.decode("utf-8")
        if oracle.is_too_deep(text):
            return False
        document = json.loads(text, parse_constant=oracle.refuse_constant, parse_float=str)
    except ValueError:
        return False
    if "__REALTIME_TIMESTAMP" not in document:
        return False
    message = document.get("MESSAGE")
    if isinstance(message, str) and not oracle.has_lone_surrogate(message):
        record.text = message.encode()
        return True
    if isinstance(message, list) and all(type(byte) is int and 0 <= byte < 256 for byte in message):
        record.text = bytes(message)
        return True
    return False


class Stream:
    """Standard output or standard error: what of it is not whole yet."""

    def __init__(self):
        self.parts = None  # a Record of the parts so far
        self.pending = []  # records that make a document
        self.scanner = Scanner()


class Joiner:
    """Feeds lines in, yields whole records."""

    def __init__(self, join_json):
        self.join_json = join_json
        self.streams = (Stream(), Stream())
        self.span = 0  # bytes of the file from where the first open record begins

    def is_open(self):
        return any(stream.parts is not None or stream.pending for stream in self.streams)

    def continues(self, record):
        """Whether the line is wrapped as the parts are that it would go on with."""
        parts = self.streams[record.stream].parts
        return (parts is not None and record.wrappers != ()
                and len(record.wrappers) == len(parts.wrappers) and record.wrappers[-1] == parts.wrappers[-1])

    def unwrap(self, record):
        """Takes off what is plainly there, up to four deep, but what is in a part."""
        while len(record.wrappers) < WRAPPERS_MAX and not record.partial and not self.continues(record):
            found = next((take for take in (unwrap_docker, unwrap_cri, unwrap_syslog, unwrap_journald)
                          if take(record)), None)
            if found is None:
                return
            record.wrappers += (found,)

    def feed(self, line):
        found = []
        record = Record(line, too_long=len(line) > oracle.MAX_LINE_BYTES)
        if not record.too_long:
            self.unwrap(record)
        if self.is_open() and self.span + len(line) + 1 > oracle.MAX_LINE_BYTES:
            found = self.finish()
            if not record.too_long:
                self.unwrap(record)
        self.span = self.span + len(line) + 1 if self.is_open() else len(line) + 1
        if record.too_long:
            return [*found, record]
        stream = self.streams[record.stream]
        if not record.partial and not self.continues(record):
            return found + self.join(stream, record)
        if stream.parts is None:
            stream.parts = Record(b"", lines=0, wrappers=record.wrappers, stream=record.stream)
        stream.parts.lines += 1
        stream.parts.text += record.text
        return found if record.partial else found + self.complete(stream)

    def complete(self, stream):
        record, stream.parts = stream.parts, None
        self.unwrap(record)
        return self.join(stream, record)

    def join(self, stream, record):
        if not self.join_json:
            return [record]
        found, waiting = [], [record]
        while waiting:
            if not self.add_line(stream, waiting[0], found):
                waiting = self.give_up(stream, found) + waiting  # and looks at the line again
                continue
            waiting.pop(0)
            size = sum(len(one.text) + 1 for one in stream.pending)
            if len(stream.pending) >= JOIN_LINES_MAX or size > oracle.MAX_LINE_BYTES:
                waiting = self.give_up(stream, found) + waiting
        return found

    @staticmethod
    def add_line(stream, line, found):
        """False if the document that is open cannot go on with this line."""
        state, rest = "none", 0
        if stream.pending:
            state, rest = stream.scanner.feed(line.text, 0)
            if state == "broken":
                return False
        inside = state == "open" or stream.scanner.stops_inside(line.text, rest)
        if not inside and not stream.pending:
            found.append(line)
            return True
        stream.pending.append(line)
        if not inside:
            text = b"\n".join(one.text for one in stream.pending)
            found.append(Record(text, lines=sum(one.lines for one in stream.pending)))
            stream.pending = []
        return True

    @staticmethod
    def give_up(stream, found):
        """The first line counts by itself, the others are to be looked at anew."""
        found.append(stream.pending[0])
        others, stream.pending = stream.pending[1:], []
        return others

    def finish(self):
        found = []
        for stream in self.streams:
            if stream.parts is not None:
                found += self.complete(stream)
            while stream.pending:
                for line in self.give_up(stream, found):
                    found += self.join(stream, line)
        return found


def records_of(data, join_json):
    """The records of a file's bytes; each says of how many lines it is."""
    joiner = Joiner(join_json)
    for line in oracle.split_lines(data):
        yield from joiner.feed(line)
    yield from joiner.finish()
