#!/usr/bin/env python3
"""An independent count of an API call log: what `apierrd replay --output json` must print.

    oracle.py [--source NAME] FILE...      the same JSON object as the program
    oracle.py --lines FILE...              one outcome per line instead, for people

It shares no code with the C++: it is written from the contract alone, with Python's own JSON
parser, in the plainest way that could be right. Speed does not matter here, being obviously correct
does. The only thing it shares with the program is the data in parsers/catalogs.
"""
import argparse
import gzip
import json
import pathlib
import re
import subprocess
import sys

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
CATALOGS = REPO / "parsers" / "catalogs"

MAX_LINE_BYTES = 1_048_576  # of content: neither the newline nor the CR before it counts
MAX_DEPTH = 1024  # containers in each other, the outermost counting as 1
BOM = b"\xef\xbb\xbf"
BLANKS = " \t\r\n"
HOST_SUFFIXES = (b".tencentcloudapi.com", b".tencentcloudapi.woa.com", b".api.tencentyun.com")

# Python's parser recurses; MAX_DEPTH is checked before it runs, so this is room enough.
sys.setrecursionlimit(10 * MAX_DEPTH)


class Ignored(Exception):
    """The line is fine, but shows no API call."""


class Rejected(Exception):
    """The line cannot be understood."""


# ------------------------------------------------------------------------------------------ catalog

def trim_code(code):
    """Blanks off both ends, then one trailing dot, then the blanks before that dot."""
    code = code.strip(BLANKS)
    if code.endswith("."):
        code = code[:-1]
    return code.strip(BLANKS)


class VendorCodes:
    """The vendor's list: which service, and which of its actions, documents which codes."""

    def __init__(self, text=""):
        self.services = {}  # service -> {code}
        self.actions = {}  # (service, action) -> {code}; only of actions whose codes are listed
        lines = text.split("\n")
        if text:
            self.read(lines)
        self.anywhere = set().union(*self.services.values())

    def read(self, lines):
        if lines[0] != "apierrd-codes 1":
            raise ValueError("no file of vendor codes")
        number = int(lines[3].removeprefix("codes "))
        codes = lines[4:4 + number]
        service = None
        for line in lines[4 + number:lines.index("end")]:
            word, _, rest = line.partition(" ")
            if word == "service":
                service = rest.split(" ")[0]
                self.services[service] = set()
            elif word in ("c", "i"):
                index = 0
                for delta in rest.split(" "):
                    index += int(delta)
                    self.services[service].add(codes[index])
            elif word == "a":
                self.read_action(service, *rest.split(" "))

    def read_action(self, service, action, ranges):
        own = sorted(self.services[service])  # ASCII: the order of bytes
        listed = set()
        for part in ranges.split(",") if ranges != "-" else ():
            first, _, last = part.partition("-")
            listed.update(own[int(first):int(last or first) + 1])
        if listed:
            self.actions[service, action] = listed


class Rules:
    """What a code's words say."""

    def __init__(self, document=None):
        document = document or {}
        compounds = [tuple(plain_words(c)) for c in document.get("compounds", [])]
        self.compounds = sorted((c for c in compounds if len(c) > 1), key=len, reverse=True)
        self.rules = document.get("rules", [])
        self.phrases = [[self.words(p) for p in listed(rule["phrases"])] for rule in self.rules]

    def words(self, text):
        plain, out = plain_words(text), []
        while plain:
            size = next((len(c) for c in self.compounds if tuple(plain[:len(c)]) == c), 1)
            out.append("".join(plain[:size]))
            plain = plain[size:]
        return out

    def match(self, code):
        class_name, _, details = code.partition(".")
        words = {False: self.words(details), True: self.words(code)}
        for rule, phrases in zip(self.rules, self.phrases):
            if "classes" in rule and class_name not in listed(rule["classes"]):
                continue
            where = words[rule.get("phrases_of_class") == "true"]
            if any(contains(where, phrase) for phrase in phrases):
                return rule
        return None


def listed(value):
    return value if isinstance(value, list) else [value]


def contains(words, phrase):
    return any(words[at:at + len(phrase)] == phrase for at in range(len(words)))


def plain_words(text):
    """Runs of ASCII letters and digits, cut before a capital that follows a small letter, or that
    a small letter follows; digits between count as the letter before them."""
    words = []
    for run in re.findall("[A-Za-z0-9]+", text):
        run = re.sub(r"((?:^|[a-z])[0-9]*)(?=[A-Z])", r"\1 ", run)
        run = re.sub(r"(?<=[A-Z0-9])(?=[A-Z][a-z])", " ", run)
        words += run.lower().split()
    return words


class Catalog:
    """Where a code is documented, what it means, and the order in which that is looked up."""

    NOT_FOUND = {"fault_domain": "unknown", "retryable": "no", "severity": "warning"}

    def __init__(self, documents, rules=None, vendor_codes=None):
        self.products = {}  # vendor -> product -> {trimmed code: entry}
        self.aliases = {}  # vendor -> class -> class it is like; a name ending in * is a prefix
        self.rules = rules or Rules()
        self.codes = vendor_codes or VendorCodes()
        for document in documents:
            vendor = document.get("vendor", "tencentcloud")
            products = self.products.setdefault(vendor, {})
            codes = products.setdefault(document["product"], {})
            entries = document.get("codes") or []
            # A code written without a trailing dot wins over one that only matches once trimmed.
            for entry in sorted(entries, key=lambda e: trim_code(e["code"]) != e["code"]):
                codes.setdefault(trim_code(entry["code"]), entry)
            for alias in document.get("class_aliases") or []:
                self.aliases.setdefault(vendor, {})[alias["class"]] = alias["like"]

    @classmethod
    def load(cls, folder=CATALOGS):
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            raise FileNotFoundError(f"no catalogs in {folder}")
        # BaseLoader keeps every scalar a string: YAML 1.1 would read `retryable: no` as False.
        documents = {path.name: yaml.load(path.read_bytes(), Loader=yaml.BaseLoader) for path in paths}
        rules = Rules(documents.pop("rules.yaml"))
        codes = VendorCodes((folder / "tencentcloud.codes").read_text(encoding="utf-8"))
        return cls(documents.values(), rules, codes)

    def all_codes(self):
        curated = (code for products in self.products.values() for codes in products.values() for code in codes)
        return self.codes.anywhere.union(curated)

    def classify(self, service, action, code):
        """-> (finding, entry)"""
        vendor, slash, product = service.partition("/")
        if not slash:
            vendor, product = "tencentcloud", service
        elif vendor == "tencentcloud":
            product = service  # its services are named without it
        products = self.products.get(vendor, {})
        common = {**products.get("client", {}), **products.get("common", {})}
        own = products.get(product, {}) if product != "common" else {}
        ours = vendor == "tencentcloud"
        finding = "action" if code in common else self.finding(service, action, code, own, products, ours)
        for codes in (own, common, *(products[name] for name in sorted(products, key=str.encode))):
            if code in codes:
                return finding, codes[code]
        rule = self.rules.match(code) if ours else None
        class_name, dot, details = code.partition(".")
        like = common.get(self.alias(class_name, self.aliases.get(vendor, {})))
        by_class = self.parent(code, own, common) or like
        # Of a code nobody documents the class is safer than what its words make one think of.
        class_first = finding == "nowhere" or dot and details == class_name
        first, second = (by_class, rule) if class_first else (rule, by_class)
        return finding, first or second or self.NOT_FOUND

    def finding(self, service, action, code, own, products, ours):
        documented = self.codes.services.get(service, set()) if ours else set()
        if code in documented or code in own:
            codes = self.codes.actions.get((service, action))
            return "action" if codes is None or code in codes else "product"
        if ours and code in self.codes.anywhere or any(code in codes for codes in products.values()):
            return "elsewhere"
        return "nowhere"

    @staticmethod
    def parent(code, own, common):
        while "." in code:
            code = code.rpartition(".")[0]
            for codes in (own, common):
                if code in codes:
                    return codes[code]
        return None

    @staticmethod
    def alias(class_name, aliases):
        if class_name in aliases:
            return aliases[class_name]
        prefixes = [name[:-1] for name in aliases if name.endswith("*")]
        fitting = [prefix for prefix in prefixes if class_name.startswith(prefix)]
        return aliases[max(fitting, key=len) + "*"] if fitting else None


# --------------------------------------------------------------------------------------------- JSON

def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


class Number:
    """Any number: the value is of no interest; one of the right form is valid, however large."""

    def __init__(self, text):
        pass


# Everything else of Python's decoder is as wanted: it refuses control characters in strings,
# unknown escapes, other white space and extra data; it keeps lone surrogates, and of duplicate keys
# the last one.
DECODER = json.JSONDecoder(parse_constant=refuse_constant, parse_int=Number, parse_float=Number)


def parse_json(text, reason):
    if is_too_deep(text):
        raise Rejected("too_deep")
    try:
        return DECODER.decode(text)
    except ValueError:
        raise Rejected(reason) from None


STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)|[\[\]{}]', re.DOTALL)


def is_too_deep(text):
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for match in STRING_OR_BRACKET.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif match[0] in ("]", "}"):
            depth -= 1
    return False


def has_lone_surrogate(text):
    return any("\ud800" <= char <= "\udfff" for char in text)


def needed(text):
    """A string that becomes a label must be valid Unicode."""
    if has_lone_surrogate(text):
        raise Rejected("invalid_string")
    return text


# -------------------------------------------------------------------------------------------- lines

def split_lines(data):
    """The physical lines of a file: cut at \\n only, without one trailing CR, the file's BOM and a hole before it."""
    text = data.lstrip(b"\0")
    if text[:1] in (b"", b"\n") and text != data:
        text = b"\0" + text  # NUL bytes and nothing else: a line of them, not a hole
    data = text.removeprefix(BOM)
    pieces = data.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()  # what follows the last newline is a line only if there is something
    return [piece.removesuffix(b"\r") for piece in pieces]


def read_line(line):
    """One line -> (service, action, trimmed code or None), or raises Ignored or Rejected."""
    if len(line) > MAX_LINE_BYTES:
        raise Rejected("line_too_long")  # before anything is known of what is in it
    if not line.strip(b" \t\r"):
        raise Ignored("blank")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("invalid_utf8") from None
    return read_document(parse_json(text, "invalid_json"))


def read_document(document):
    if not isinstance(document, dict):
        raise Ignored("not_api_call")
    envelope = find_envelope(document)
    return read_service(document), read_action(document), read_code(envelope)


def find_envelope(document):
    response = document.get("response")
    if isinstance(response, str):
        if has_lone_surrogate(response):
            raise Rejected("invalid_response")
        response = parse_json(response, "invalid_response")
    for outer in (response, document):  # the second is a bare envelope
        if isinstance(outer, dict) and isinstance(outer.get("Response"), dict):
            return outer["Response"]
    raise Ignored("not_api_call")


def is_text(value):
    return isinstance(value, str) and value != ""


def read_service(document):
    service = document.get("service")
    if is_text(service):
        return needed(service)
    request = document.get("request")
    candidates = [
        document.get("host"),
        request.get("host") if isinstance(request, dict) else None,
        document.get("endpoint"),
    ]
    for host in candidates:
        if is_text(host):
            # A host is a second source of the name only: one that is no text does not cost the call.
            return "unknown" if has_lone_surrogate(host) else service_of_host(host)
    return "unknown"


def service_of_host(host):
    host = host.encode("utf-8").lower()  # bytes: only ASCII letters have a case
    host = re.sub(rb"^[a-z][a-z0-9+.-]*://", b"", host)
    host = re.split(rb"[/?#]", host, maxsplit=1)[0]
    host = host.partition(b":")[0]
    label = host.partition(b".")[0].decode("utf-8")
    if host.endswith(HOST_SUFFIXES) and label:
        return label
    return "unknown"


def read_action(document):
    action = document.get("action")
    return needed(action) if is_text(action) else "unknown"


def read_code(envelope):
    """None for a success. A failure is Response.Error as an object with a non-empty string Code."""
    error = envelope.get("Error")
    code = error.get("Code") if isinstance(error, dict) else None
    if not is_text(code):
        return None
    return trim_code(needed(code)) or "unknown"


# -------------------------------------------------------------------------------------------- count

def outcome(line):
    """-> ("record", (service, action, code)) or ("ignored", reason) or ("rejected", reason)"""
    try:
        return "record", read_line(line)
    except Ignored as ignored:
        return "ignored", str(ignored)
    except Rejected as rejected:
        return "rejected", str(rejected)


_default_catalog = None


def default_catalog():
    global _default_catalog
    if _default_catalog is None:
        _default_catalog = Catalog.load()
    return _default_catalog


def count(files_bytes, source="replay", catalog=None):
    """The replay object for the (decompressed) contents of some files."""
    catalog = catalog or default_catalog()
    calls, errors = {}, {}
    tallies = {"record": {}, "ignored": {}, "rejected": {}}
    lines = 0
    for data in files_bytes:
        for line in split_lines(data):
            lines += 1
            kind, what = outcome(line)
            add(tallies[kind], what)
    for (service, action, code), number in tallies["record"].items():
        add(calls, (service, action), number)
        if code is not None:
            add(errors, (service, action, code), number)
    records = sum(calls.values())
    return {
        "schema": 1,
        "bytes": sum(len(data) for data in files_bytes),
        "lines": lines,
        "records": records,
        "calls": [call_row(source, key, calls[key]) for key in sorted(calls, key=utf8)],
        "errors": [error_row(source, key, errors[key], catalog)
                   for key in sorted(errors, key=utf8)],
        "lines_with_records": records,  # in this format a line holds at most one call
        "ignored": dict(sorted(tallies["ignored"].items())),
        "rejected": dict(sorted(tallies["rejected"].items())),
    }


def add(tally, key, number=1):
    tally[key] = tally.get(key, 0) + number


def utf8(key):
    return [part.encode() for part in key]


def call_row(source, key, number):
    service, action = key
    return {"source": source, "api_service": service, "action": action, "count": number}


def error_row(source, key, number, catalog):
    service, action, code = key
    finding, entry = catalog.classify(service, action, code)
    return {
        "source": source,
        "api_service": service,
        "action": action,
        "code": code,
        "documented": finding != "nowhere",
        "fault_domain": entry["fault_domain"],
        "retryable": entry["retryable"],
        "severity": entry["severity"],
        "count": number,
    }


# ------------------------------------------------------------------------------------- command line

def read_file(name):
    if name == "-":
        return sys.stdin.buffer.read()
    if name.endswith(".gz"):
        with gzip.open(name) as file:
            return file.read()
    if name.endswith(".zst"):  # not in the standard library
        return subprocess.run(["zstd", "-dcq", name], check=True, stdout=subprocess.PIPE).stdout
    return pathlib.Path(name).read_bytes()


def print_lines(names):
    for name in names:
        for number, line in enumerate(split_lines(read_file(name)), start=1):
            kind, what = outcome(line)
            shown = line if len(line) <= 160 else line[:157] + b"..."
            print(f"{pathlib.Path(name).name}:{number}: {kind} {what}  <-  {shown!r}")


def main():
    parser = argparse.ArgumentParser(description="an independent count of an API call log")
    parser.add_argument("--source", default="replay", help="the source label (replay)")
    parser.add_argument("--lines", action="store_true", help="print each line's outcome instead")
    parser.add_argument("files", nargs="+", metavar="FILE", help="- is stdin; .gz, .zst work, too")
    arguments = parser.parse_args()
    if arguments.lines:
        print_lines(arguments.files)
        return
    result = count([read_file(name) for name in arguments.files], arguments.source)
    # Labels may hold anything valid in JSON, so the output must not depend on the locale.
    sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    main()
