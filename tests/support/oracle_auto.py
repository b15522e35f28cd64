#!/usr/bin/env python3
"""An independent count of a log in `format: auto`: what `apierrd replay --format auto` must print.

    oracle_auto.py [--join-json] FILE...           the same JSON object as the program
    oracle_auto.py [--join-json] --lines FILE...   one record's outcome per line, for people

Written from docs/formats.md, in the plainest way that could be right; with the C++ it shares the data
in parsers/formats/*.yaml only. oracle_wrappers.py makes records of lines, oracle_text.py looks into
text, oracle_formats.py reads the shapes; here is what is looked into, and in which order.
"""
import argparse
import dataclasses
import json
import re
import sys

import oracle
from oracle_formats import Object, Unreadable, first, formats, parse, resolve, service_of_host, text_of
from oracle_text import documents_in, escaped_document
from oracle_wrappers import records_of

TEXTS_MAX = 6  # in each other, the record itself counting as one
PAYLOAD_STRINGS_MAX = 4
REQUEST_ID_MAX = 63
BLANKS = b" \t\r\n"


# --------------------------------------------------------------------------------------------- calls

@dataclasses.dataclass
class Call:
    vendor: str
    service: str = None
    action: str = None
    code: str = None
    request_id: str = ""

    def row(self):
        service = self.service or "unknown"
        if self.vendor != "tencentcloud":
            service = f"{self.vendor}/{service}"
        return service, self.action or "unknown", self.code


class RecordReader:
    """Looks into one record; .calls are what it shows."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.calls = []
        self.pending = None  # why a call of a known shape could not be read

    def read(self, text):
        """-> "record" or raises Ignored or Rejected"""
        if not text.strip(BLANKS):
            raise oracle.Ignored("blank")
        broken = self.look_into_text(text, 1)
        if self.calls:
            return
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            raise oracle.Rejected("invalid_utf8") from None
        if broken or self.pending:
            raise oracle.Rejected(broken or self.pending)
        raise oracle.Ignored("not_api_call")

    # --------------------------------------------------------------------------------------- text

    def look_into_text(self, text, depth):
        """Returns why the text is broken JSON, if it is and shows no call."""
        before = len(self.calls)
        broken = None
        trimmed = text.strip(BLANKS)
        if trimmed[:1] in (b"{", b"[", b'"') and trimmed:
            try:
                document = parse(trimmed)
            except oracle.Rejected as why:
                if re.match(rb'\{[ \t\r\n]*["}]', trimmed):
                    broken = str(why)
            else:
                self.look_into_document(document, depth)
                return None
        in_text = self.look_for_documents(text, depth)
        broken = broken or in_text
        if len(self.calls) == before and depth < TEXTS_MAX:
            inner = escaped_document(text)
            if inner is not None:
                self.look_into_text(inner, depth + 1)
        if len(self.calls) == before:
            self.look_for_errors(text)
        self.take_hints(text, before)
        return broken

    def look_for_documents(self, text, depth):
        broken = None
        for data, cut_off in documents_in(text):
            why = "invalid_json"
            if not cut_off:
                try:
                    self.look_into_document(parse(data), depth)
                    continue
                except oracle.Rejected as rejected:
                    why = str(rejected)
            if b'"' in data:
                broken = why
        return broken

    def look_for_errors(self, text):
        waiting = [(template, known_only, order_format) for order_format in formats()
                   for template, known_only in order_format.errors]
        kept, at = [], 0
        while at < len(text):
            nearest = None
            for template, known_only, its_format in waiting:
                found = self.find_error(template, known_only, its_format, text, at)
                if found and (nearest is None or found[0] < nearest[0]):
                    nearest, nearest_format = found, its_format
            if nearest is None:
                break
            at = nearest[1]
            call = self.call_of_error(nearest[2], nearest_format)
            if not any(call.code == one.code and call.request_id in ("", one.request_id) for one in kept):
                kept.append(call)
        self.calls += kept

    def find_error(self, template, known_only, its_format, text, at):
        found = template.find(text, at)
        while known_only and found and not self.is_documented(its_format, found[2]["code"].decode()):
            found = template.find(text, found[0] + 1)
        return found

    def is_documented(self, its_format, code):
        unknown = "unknown" if its_format.vendor == "tencentcloud" else f"{its_format.vendor}/unknown"
        made_up = self.catalog.products.get(its_format.vendor, {}).get("client", {})  # by SDKs: no sign of the vendor
        return code not in made_up and self.catalog.classify(unknown, "", code)[0] != "nowhere"

    @staticmethod
    def call_of_error(values, its_format):
        values = {name: value.decode() for name, value in values.items() if name in
                  ("code", "request_id", "service", "action")}
        request_id = values.get("request_id", "")
        if request_id == "None" or len(request_id) > REQUEST_ID_MAX:
            request_id = ""
        return Call(its_format.vendor, values.get("service"), values.get("action"), values["code"],
                    request_id)

    def take_hints(self, text, before):
        for call in self.calls[before:]:
            for its_format in formats():
                if its_format.vendor != call.vendor:
                    continue
                for hint in its_format.hints:
                    self.take_hint(call, hint.find(text), its_format.hosts)

    @staticmethod
    def take_hint(call, found, hosts):
        if found is None:
            return
        values = found[2]
        if call.action is None and "action" in values:
            call.action = values["action"].decode()
        if call.service is None and "host" in values:
            call.service = service_of_host(values["host"], hosts)
        elif call.service is None and "service" in values:
            call.service = values["service"].decode()

    # --------------------------------------------------------------------------------------- JSON

    def look_into_document(self, document, depth):
        if isinstance(document, str):
            inner = text_of(document)
            if inner is not None and depth < TEXTS_MAX:
                self.look_into_text(inner, depth + 1)
        elif isinstance(document, list):
            for element in document:
                self.read_object(element)
        elif isinstance(document, Object) and not self.read_object(document):
            self.look_into_fields(document, depth, levels=2)

    def look_into_fields(self, document, depth, levels):
        """The first field that shows a call is the one."""
        for _, value in document.pairs:
            before = len(self.calls)
            if isinstance(value, Object):
                if not self.read_object(value) and levels > 1:
                    self.look_into_fields(value, depth, levels - 1)
            elif isinstance(value, str) and depth < TEXTS_MAX and text_of(value) is not None:
                self.look_into_text(text_of(value), depth + 1)
            if len(self.calls) > before:
                return

    def read_object(self, value):
        if not isinstance(value, Object):
            return False
        for its_format in formats():
            for shape in its_format.shapes:
                found = self.read_shape(shape, its_format, value)
                if found:
                    self.calls += found
                    return True
        return False

    def read_shape(self, shape, its_format, value):
        """The calls a value of this shape shows; of a list of records all or none."""
        if shape.each is None:
            call = self.read_call(shape, its_format, value)
            return [call] if call else []
        elements = resolve(value, shape.each)
        found = []
        for element in elements if isinstance(elements, list) else []:
            reason, self.pending = self.pending, None
            call = self.read_call(shape, its_format, element)
            unreadable, self.pending = self.pending, reason
            if call is None:
                if found or unreadable:
                    self.pending = reason or "invalid_response"
                return []
            found.append(call)
        return found

    def read_call(self, shape, its_format, value):
        payload = self.payload_of(shape, value)
        if payload is None:
            return None
        names = payload if shape.call_in_payload else value
        call = Call(its_format.vendor)
        try:
            code = first(payload, shape.code, shape.hosts)
            if code is not None and code not in shape.success_codes:
                call.code = oracle.trim_code(code) or "unknown"
            call.service = first(names, shape.service, shape.hosts) or self.service_by_host(shape, names)
            call.action = first(names, shape.action, shape.hosts)
        except Unreadable:
            self.pending = self.pending or "invalid_string"
            return None
        return call

    @staticmethod
    def service_by_host(shape, record):
        """The first host that is there is the host; one that is no text names nothing."""
        for place in shape.host:
            host = resolve(record, place["at"])
            if isinstance(host, str) and host:
                return service_of_host(text_of(host) or b"", shape.hosts)
        return None

    def payload_of(self, shape, value):
        for place in shape.payload:
            payload = resolve(value, place)
            if payload is ... or payload is None:
                continue
            if isinstance(payload, str):
                payload = self.open_string(payload)
                if payload is None:
                    return None
            if shape.fits(payload):
                return payload
            break  # the first that is there is the payload
        return value if shape.bare and shape.fits(value) else None

    def open_string(self, payload):
        """JSON in a string, perhaps in strings within it; None if one of them holds none."""
        for _ in range(PAYLOAD_STRINGS_MAX):
            if isinstance(payload, str):
                text = text_of(payload)
                try:
                    payload = parse(text if text is not None else b"")
                except oracle.Rejected:
                    if text and re.match(rb'[ \t\r\n]*\{[ \t\r\n]*["}]', text):
                        self.pending = self.pending or "invalid_response"
                    return None
        return payload


# --------------------------------------------------------------------------------------------- count

def outcome(record, catalog):
    """-> ("record", calls) or ("ignored", reason) or ("rejected", reason)"""
    if record.too_long:
        return "rejected", "line_too_long"
    reader = RecordReader(catalog)
    try:
        reader.read(record.text)
    except oracle.Ignored as ignored:
        return "ignored", str(ignored)
    except oracle.Rejected as rejected:
        return "rejected", str(rejected)
    return "record", reader.calls


def count(data, join_json=False, catalog=None, source="replay"):
    """The replay object for the contents of one file."""
    catalog = catalog or oracle.default_catalog()
    calls, errors = {}, {}
    tallies = {"ignored": {}, "rejected": {}}
    lines = lines_with_records = 0
    for record in records_of(data, join_json):
        lines += record.lines
        kind, what = outcome(record, catalog)
        if record.lines > 1:
            oracle.add(tallies["ignored"], "joined", record.lines - 1)
        if kind != "record":
            oracle.add(tallies[kind], what)
            continue
        lines_with_records += 1
        for call in what:
            service, action, code = call.row()
            oracle.add(calls, (service, action))
            if code is not None:
                oracle.add(errors, (service, action, code))
    return {
        "schema": 1,
        "bytes": len(data),
        "lines": lines,
        "records": sum(calls.values()),
        "calls": [oracle.call_row(source, key, calls[key]) for key in sorted(calls, key=oracle.utf8)],
        "errors": [oracle.error_row(source, key, errors[key], catalog)
                   for key in sorted(errors, key=oracle.utf8)],
        "lines_with_records": lines_with_records,
        "ignored": dict(sorted(tallies["ignored"].items())),
        "rejected": dict(sorted(tallies["rejected"].items())),
    }


def main():
    parser = argparse.ArgumentParser(description="an independent count in format auto")
    parser.add_argument("--join-json", action="store_true")
    parser.add_argument("--lines", action="store_true", help="print each record's outcome instead")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    for name in arguments.files:
        data = oracle.read_file(name)
        if not arguments.lines:
            result = count(data, arguments.join_json)
            sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode() + b"\n")
            continue
        for record in records_of(data, arguments.join_json):
            kind, what = outcome(record, oracle.default_catalog())
            shown = [call.row() for call in what] if kind == "record" else what
            print(f"{record.lines} line(s): {kind} {shown}  <-  {record.text[:160]!r}")


if __name__ == "__main__":
    main()
