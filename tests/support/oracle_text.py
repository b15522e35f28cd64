"""Text that is not one JSON document: documents in it, escapes, printed errors; part of oracle_auto.

Templates become regular expressions here; the C++ matches them by hand.
"""
import re

MESSAGE_MAX = 4096
DEPTH_MAX = 1024

TOKEN = re.compile(rb'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([{}\[\]:,])|([0-9a-z+.E-]+)|(.)|$)', re.DOTALL)
ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.)|$|)", re.DOTALL)
SIMPLE = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
          b'"': b'"', b"\\": b"\\", b"/": b"/"}
ESCAPED_DOCUMENT = re.compile(rb'\{ *(?:\\"|\\\\|\\u0022|\\n)')
UP_TO_QUOTE = re.compile(rb'(?:[^"\\]|\\.|\\$)*', re.DOTALL)


class BadEscape(Exception):
    pass


def unescape(raw):
    """A string's text as JSON escapes it -> its bytes; None if that cannot be said."""
    if b"\\" not in raw:
        return raw
    pieces, at = [], 0
    while (slash := raw.find(b"\\", at)) >= 0:
        pieces.append(raw[at:slash])
        match = ESCAPE.match(raw, slash)
        at = match.end()
        if match[1] is None:
            if match[2] not in SIMPLE:
                return None
            pieces.append(SIMPLE[match[2]])
            continue
        unit = int(match[1], 16)
        if 0xD800 <= unit < 0xDC00:
            low = ESCAPE.match(raw, at)
            low_unit = int(low[1], 16) if low and low[1] else 0
            if not 0xDC00 <= low_unit < 0xE000:
                return None
            at = low.end()
            unit = 0x10000 + (unit - 0xD800) * 0x400 + low_unit - 0xDC00
        elif 0xDC00 <= unit < 0xE000:
            return None
        pieces.append(chr(unit).encode())
    return b"".join(pieces) + raw[at:]


def escaped_document(text):
    """The first `{\\"...` in the text, unescaped up to the next quote; None if there is none."""
    match = ESCAPED_DOCUMENT.search(text)
    if not match:
        return None
    return unescape(UP_TO_QUOTE.match(text, match.start())[0])


class Scanner:
    """Whether text from a brace on can be the beginning of a JSON object, and where that ends.

    Lenient on purpose: of a scalar only the beginning is looked at. Whether a document is valid is
    for a real parser to say.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        self.open = []
        self.expect = "value"

    def feed(self, text, at):
        """-> ("open" | "complete" | "broken", where)"""
        while True:
            match = TOKEN.match(text, at)
            string, mark, scalar, other = match.groups()
            if string is None and mark is None and scalar is None and other is None:
                return "open", len(text)
            begin = match.start(match.lastindex)
            if not self.step(string, mark, scalar):
                cut = other == b'"' and self.expect in ("value", "value or ]", "key", "key or }")
                return "broken", len(text) if cut else begin  # the text ends in a string
            at = match.end()
            if not self.open:
                return "complete", at

    def step(self, string, mark, scalar):
        value = self.expect in ("value", "value or ]")
        if string is not None:
            if not value and self.expect not in ("key", "key or }"):
                return False
            self.expect = ":" if not value else ", or end"
        elif scalar is not None:
            good = scalar[:1] in b"-0123456789" or scalar in (b"true", b"false", b"null")
            if not value or not self.open or not good:
                return False
            self.expect = ", or end"
        elif mark in (b"{", b"["):
            if not value or len(self.open) >= DEPTH_MAX:
                return False
            self.open.append(mark)
            self.expect = "key or }" if mark == b"{" else "value or ]"
        elif mark in (b"}", b"]"):
            opener, empty = (b"{", "key or }") if mark == b"}" else (b"[", "value or ]")
            if not self.open or self.open[-1] != opener or self.expect not in (", or end", empty):
                return False
            self.open.pop()
            self.expect = ", or end"
        elif mark == b":" and self.expect == ":":
            self.expect = "value"
        elif mark == b"," and self.expect == ", or end":
            self.expect = "key" if self.open[-1] == b"{" else "value"
        else:
            return False
        return True

    def stops_inside(self, text, at):
        """Whether the text ends within a document that begins at or behind `at`."""
        while (at := text.find(b"{", at)) >= 0:
            self.reset()
            state, at = self.feed(text, at)
            if state == "open":
                return True
        return False


def documents_in(text):
    """(document's bytes, whether it is cut off) of each in the text."""
    scanner, at = Scanner(), 0
    while (begin := text.find(b"{", at)) >= 0:
        scanner.reset()
        state, at = scanner.feed(text, begin)
        if state != "broken" or at == len(text):
            yield text[begin:at], state != "complete"


# ----------------------------------------------------------------------------------------- templates

VALUES = {
    "code": rb"(?>[A-Za-z](?:[A-Za-z0-9._]*[A-Za-z0-9_])?)",
    "request_id": rb"(?>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9_-]+)",
    "service": rb"(?>[A-Za-z0-9_-]+)",
    "action": rb"(?>[A-Za-z0-9_]+)",
    "region": rb"(?>[A-Za-z0-9-]+)",
    "host": rb"(?>[A-Za-z0-9.-]+)",
    "latency": rb"(?>[A-Za-z0-9.\x80-\xff]+)",
}
PART = re.compile(r"\{\{|\{(\?|\w*)\}|[^{]+")


class Template:
    def __init__(self, text):
        self.names = []
        self.regex = re.compile(self.nested(self.groups(self.parts(text))), re.DOTALL)

    @staticmethod
    def parts(text):
        found = []
        for match in PART.finditer(text):
            if match[0] == "{{" or match[1] is None:
                literal = "{" if match[0] == "{{" else match[0]
                if found and found[-1][0] == "literal":
                    found[-1] = ("literal", found[-1][1] + literal)
                else:
                    found.append(("literal", literal))
            else:
                found.append(("?", "") if match[1] == "?" else ("value", match[1]))
        return found

    @staticmethod
    def groups(parts):
        """Cut where a part begins that may be missing."""
        groups = [[]]
        for part in parts:
            if part[0] == "?":
                groups.append([])
            else:
                groups[-1].append(part)
        if groups[0][0][0] == "literal":  # blanks before a template's first word stand for none
            groups[0][0] = ("literal", groups[0][0][1].lstrip())
        return groups

    @staticmethod
    def literal(text):
        return b"".join(rb"(?>[ \t\r\n]*)" if char in " \t" else re.escape(char.encode()) for char in text)

    def nested(self, groups):
        head, *optional = groups
        pattern = self.pattern(head, optional[0] if optional else None)
        return pattern + (b"(?>" + self.nested(optional) + b")?" if optional else b"")

    def pattern(self, group, after):
        """`after` is the part that may be missing behind this group."""
        out = []
        for index, (kind, text) in enumerate(group):
            if kind == "literal":
                out.append(self.literal(text))
                continue
            self.names.append(text)
            if text in VALUES:
                out.append(b"(" + VALUES[text] + b")")
                continue
            last = index + 1 == len(group)
            behind = group[index + 1] if not last else after[0] if after else None
            if behind is None:
                out.append(b"(.*)")
                continue
            until = rb".{0,%d}?(?=%s)" % (MESSAGE_MAX, self.literal(behind[1].lstrip()))
            # What may be missing is missing: the value is all the rest.
            out.append(b"((?>" + until + (b"|.*" if last else b"") + b"))")
        return b"".join(out)

    def find(self, text, at=0):
        """-> (begin, end, {name: bytes}) or None"""
        match = self.regex.search(text, at)
        if not match:
            return None
        values = {}
        for name, value in zip(self.names, match.groups()):
            if name and value:
                values[name] = value
        return match.start(), match.end(), values
