"""JSON documents and the formats of parsers/formats/*.yaml, as docs/formats.md explains their keys; part of
oracle_auto. Shares no code with the C++.
"""
import json
import re

import oracle
import yaml
from oracle_text import Template

FORMATS = oracle.REPO / "parsers" / "formats"
FILES = ("tencentcloud", "aws", "alibabacloud", "googlecloud", "azure", "volcengine")  # as the page's table


# --------------------------------------------------------------------------------------------- JSON

class Object:
    """An object's members as they stand, duplicates and all; by name the last one counts."""

    def __init__(self, pairs):
        self.pairs = pairs
        self.last = dict(pairs)


class Number:
    def __init__(self, text):
        self.text = text


DECODER = json.JSONDecoder(object_pairs_hook=Object, parse_constant=oracle.refuse_constant,
                           parse_int=Number, parse_float=Number)


def parse(data):
    """Bytes -> a document; raises oracle.Rejected."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise oracle.Rejected("invalid_utf8") from None
    if oracle.is_too_deep(text):
        raise oracle.Rejected("too_deep")
    try:
        return DECODER.decode(text)
    except ValueError:
        raise oracle.Rejected("invalid_json") from None


def text_of(string):
    """A JSON string's UTF-8; None with half a surrogate pair in it."""
    return None if oracle.has_lone_surrogate(string) else string.encode()


def resolve(value, pointer):
    """The value a JSON Pointer leads to. Null is a value; nothing is `...`."""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Object) and token in value.last:
            value = value.last[token]
        elif isinstance(value, list) and re.fullmatch("0|[1-9][0-9]*", token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return ...
    return value


TYPES = {"object": Object, "string": str, "number": Number, "array": list}


# ------------------------------------------------------------------------------------------- formats

def listed(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def places(value):
    return [{"at": place, "take": "text"} if isinstance(place, str) else {"take": "text"} | place
            for place in listed(value)]


class Shape:
    def __init__(self, data, hosts):
        self.hosts = tuple(host.encode() for host in hosts)
        self.each = data.get("each")
        self.payload = listed(data.get("payload"))
        self.bare = data.get("bare", "true") == "true"
        self.call_in_payload = data.get("call_in_payload") == "true"
        self.requires = [{"at": one} if isinstance(one, str) else one for one in listed(data.get("requires"))]
        self.absent = listed(data.get("absent"))
        self.success_codes = listed(data.get("success_codes"))
        for key in ("code", "request_id", "service", "action", "host"):
            setattr(self, key, places(data.get(key)))

    def fits(self, payload):
        for requirement in self.requires:
            value = resolve(payload, requirement["at"])
            if value is ... or value is None:
                return False
            if "is" in requirement and not isinstance(value, TYPES[requirement["is"]]):
                return False
        return all(resolve(payload, place) in (..., None) for place in self.absent)


class Format:
    def __init__(self, data):
        self.name = data["name"]
        self.vendor = data.get("vendor", "tencentcloud")
        self.hosts = tuple(host.encode() for host in data.get("hosts", []))
        self.shapes = [Shape(shape, data.get("hosts", [])) for shape in data.get("json", [])]
        self.errors = []  # (template, counts only if documented)
        for error in data.get("errors", []):
            error = {"template": error} if isinstance(error, str) else error
            self.errors.append((Template(error["template"]), error.get("known_only") == "true"))
        self.hints = [Template(hint) for hint in data.get("hints", [])]


def load_formats():
    found = []
    for name in FILES:
        document = yaml.load((FORMATS / f"{name}.yaml").read_bytes(), Loader=yaml.BaseLoader)
        found += [Format(data) for data in document["formats"]]
    return found


_formats = []


def formats():
    if not _formats:
        _formats.extend(load_formats())
    return _formats


# -------------------------------------------------------------------------------------------- values

class Unreadable(Exception):
    """A needed field cannot be text."""


def usable(value, place, hosts):
    """The text a place gives for this value; None if it is of no use."""
    take = place["take"]
    if isinstance(value, Number) and take in ("number", "names"):
        text = value.text
    elif isinstance(value, str) and value:
        if text_of(value) is None:
            raise Unreadable
        text = value
    else:
        return None
    if take == "code":
        return text if re.fullmatch(r"[A-Z][A-Za-z0-9._]{0,127}", text) else None
    if take == "host":
        return service_of_host(text.encode(), hosts)
    if take == "before":
        return text.partition(place["of"])[0] or None
    if take == "after_last":
        return text.rpartition(place["of"])[2] or None
    if take == "names":
        return place["names"].get(text, text)
    return text


def first(record, sources, hosts):
    for place in sources:
        text = usable(resolve(record, place["at"]), place, hosts)
        if text is not None:
            return text
    return None


def service_of_host(host, hosts):
    """Bytes of a host or URL -> the part before the first dot, in lower case; None for foreign ones."""
    host = re.sub(rb"^[a-z0-9+.-]+://", b"", host.lower())
    host = re.split(rb"[/?#:]", host, maxsplit=1)[0]
    if not host.endswith(hosts or (b"\0never",)):
        return None
    return host.partition(b".")[0].decode("utf-8") or None
