#!/usr/bin/env python3
"""A strict reader of both text formats: what Prometheus accepts in silence is an error here.

    openmetrics_check.py [--text] [FILE]     checks a page (standard input by default)

check(page, openmetrics) returns the samples and every fault found. Rules are those of OpenMetrics 1.0
and of the text format 0.0.4; the ones Prometheus does not enforce itself are the reason for this file.
"""
import argparse
import math
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|NaN|[-+]Inf")
EXEMPLAR_MAX = 128  # code points of all its label names and values
SUFFIXES = {
    True: {  # OpenMetrics: type -> suffixes its samples may have
        "counter": ("_total", "_created"), "gauge": ("",), "info": ("_info",), "unknown": ("",),
        "histogram": ("_bucket", "_count", "_sum", "_created"), "stateset": ("",),
        "summary": ("", "_count", "_sum", "_created"),
    },
    False: {
        "counter": ("",), "gauge": ("",), "untyped": ("",),
        "histogram": ("_bucket", "_count", "_sum"), "summary": ("", "_count", "_sum"),
    },
}


class Fault(Exception):
    """A line that cannot be read at all."""


class Line:
    """A cursor over one line."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def take(self, pattern, what):
        found = pattern.match(self.text, self.at)
        if not found:
            raise Fault(f"{what} expected at column {self.at + 1}")
        self.at = found.end()
        return found.group()

    def skip(self, text):
        if not self.text.startswith(text, self.at):
            raise Fault(f"{text!r} expected at column {self.at + 1}")
        self.at += len(text)

    def sees(self, text):
        return self.text.startswith(text, self.at)

    def number(self, what):
        text = self.take(NUMBER, what)
        return float(text.replace("Inf", "inf"))

    def label_value(self):
        self.skip('"')
        out = []
        while not self.sees('"'):
            char = self.text[self.at:self.at + 1]
            if char == "":
                raise Fault("a label value does not end")
            if char == "\\":
                char = {"\\": "\\", '"': '"', "n": "\n"}.get(self.text[self.at + 1:self.at + 2])
                if char is None:
                    raise Fault(f"bad escape at column {self.at + 1}")
                self.at += 1
            out.append(char)
            self.at += 1
        self.skip('"')
        return "".join(out)

    def labels(self):
        """{a="b",...}; a repeated name is a fault."""
        labels = {}
        self.skip("{")
        while not self.sees("}"):
            name = self.take(LABEL_NAME, "label name")
            self.skip("=")
            value = self.label_value()
            if name in labels:
                raise Fault(f"label {name} is there twice")
            labels[name] = value
            if not self.sees("}"):
                self.skip(",")
                if self.sees("}"):
                    raise Fault("comma before }")
        self.skip("}")
        return labels


class Sample:
    """One line: name, labels, value and, if it has one, its exemplar (labels, value, time)."""

    def __init__(self, text, openmetrics):
        line = Line(text)
        self.name = line.take(NAME, "metric name")
        self.labels = line.labels() if line.sees("{") else {}
        line.skip(" ")
        self.value = line.number("value")
        self.exemplar = None
        if line.sees(" # "):
            if not openmetrics:
                raise Fault("an exemplar outside OpenMetrics")
            line.skip(" # ")
            labels = line.labels()
            line.skip(" ")
            value, time = line.number("exemplar value"), None
            if line.sees(" "):
                line.skip(" ")
                time = line.number("exemplar time")
            self.exemplar = (labels, value, time)
        if line.at != len(text):
            raise Fault(f"something follows the sample at column {line.at + 1}")


class Family:
    def __init__(self, name):
        self.name, self.type, self.help, self.samples = name, None, None, []


class Page:
    """Reads a page line by line; faults are collected as `line N: text`."""

    def __init__(self, openmetrics):
        self.openmetrics = openmetrics
        self.families = {}
        self.faults = []
        self.family = None
        self.series = set()
        self.ended = False

    def read(self, text):
        if not text.endswith("\n"):
            self.faults.append("the page does not end with a newline")
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                self.line(line)
            except Fault as fault:
                self.faults.append(f"line {number}: {fault}: {line[:200]!r}")
        if self.openmetrics and not self.ended:
            self.faults.append("the page does not end with # EOF")
        for family in self.families.values():
            self.family_as_a_whole(family)

    def line(self, line):
        if self.ended:
            raise Fault("something follows # EOF")
        if line == "# EOF" and self.openmetrics:
            self.ended = True
        elif line.startswith("# "):
            self.comment(line)
        elif line == "" or line.startswith("#"):
            raise Fault("neither a sample nor a comment")
        else:
            self.sample(Sample(line, self.openmetrics))

    def comment(self, line):
        keyword, name, text = (line[2:].split(" ", 2) + ["", ""])[:3]
        if keyword not in ("HELP", "TYPE", "UNIT"):
            raise Fault("unknown comment")
        if self.family is None or self.family.name != name:
            if name in self.families:
                raise Fault(f"family {name} is not contiguous")
            self.family = self.families[name] = Family(name)
        family = self.family
        if family.samples:
            raise Fault(f"{keyword} after samples of the family")
        if keyword == "TYPE":
            if family.type is not None:
                raise Fault("TYPE twice")
            if text not in SUFFIXES[self.openmetrics]:
                raise Fault(f"unknown type {text}")
            if self.openmetrics and text == "counter" and name.endswith("_total"):
                raise Fault("an OpenMetrics counter family is named without _total")
            if self.openmetrics and text == "info" and name.endswith("_info"):
                raise Fault("an OpenMetrics info family is named without _info")
            family.type = text
        elif keyword == "HELP":
            if family.help is not None:
                raise Fault("HELP twice")
            if re.search(r"\\[^\\n\"]|\\$", text):
                raise Fault("bad escape in HELP")
            family.help = text

    def sample(self, sample):
        family = self.family
        if family is None or family.type is None:
            raise Fault("a sample before any TYPE")
        suffixes = SUFFIXES[self.openmetrics][family.type]
        if sample.name not in [family.name + suffix for suffix in suffixes]:
            raise Fault(f"{sample.name} does not belong to {family.type} {family.name}")
        identity = (sample.name, tuple(sorted(sample.labels.items())))
        if identity in self.series:
            raise Fault("duplicate series")
        self.series.add(identity)
        if any("\0" in value for value in sample.labels.values()):
            raise Fault("a NUL in a label")
        if family.type in ("counter", "histogram") and not sample.value >= 0:
            raise Fault("a counter that is negative or NaN")
        if family.type == "info" and sample.value != 1:
            raise Fault("an info that is not 1")
        if sample.exemplar is not None:
            self.exemplar(sample)
        family.samples.append(sample)

    def exemplar(self, sample):
        labels, value, _ = sample.exemplar
        if not sample.name.endswith(("_total", "_bucket")):
            raise Fault("an exemplar where none may be")
        if sum(len(name) + len(text) for name, text in labels.items()) > EXEMPLAR_MAX:
            raise Fault("an exemplar of more than 128 characters")
        if sample.name.endswith("_bucket") and value > float(sample.labels["le"]):
            raise Fault("an exemplar above its bucket")

    def family_as_a_whole(self, family):
        if family.type is None:
            self.faults.append(f"family {family.name} has no TYPE")
        if family.type == "histogram":
            for labels, text in histogram_faults(family):
                self.faults.append(f"{family.name} {labels}: {text}")


def histogram_faults(family):
    """(labels, fault) of each histogram that is no histogram."""
    groups = {}
    for sample in family.samples:
        labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
        group = groups.setdefault(labels, {"buckets": [], "sum": None, "count": None})
        if sample.name.endswith("_bucket"):
            group["buckets"].append((float(sample.labels.get("le", "nan")), sample.value))
        elif sample.name.endswith(("_sum", "_count")):
            group[sample.name.rsplit("_", 1)[1]] = sample.value
    for labels, group in groups.items():
        bounds = [bound for bound, _ in group["buckets"]]
        counts = [count for _, count in group["buckets"]]
        if not bounds or bounds[-1] != math.inf:
            yield labels, "the last bucket is not +Inf"
        if any(not low < high for low, high in zip(bounds, bounds[1:])):
            yield labels, "bounds do not grow"
        if any(low > high for low, high in zip(counts, counts[1:])):
            yield labels, "buckets are not cumulative"
        if group["count"] is None or group["sum"] is None:
            yield labels, "no _count or no _sum"
        elif counts and counts[-1] != group["count"]:
            yield labels, "_count differs from the +Inf bucket"


def check(page, openmetrics):
    """(families by name, faults) of a page given as bytes."""
    checked = Page(openmetrics)
    try:
        text = page.decode("utf-8")
    except UnicodeDecodeError as error:
        return {}, [f"not UTF-8: {error}"]
    checked.read(text)
    return checked.families, checked.faults


def main():
    parser = argparse.ArgumentParser(description="checks a metrics page strictly")
    parser.add_argument("--text", action="store_true", help="text format 0.0.4, not OpenMetrics")
    parser.add_argument("file", nargs="?", help="a page; standard input by default")
    arguments = parser.parse_args()
    if arguments.file:
        with open(arguments.file, "rb") as file:
            page = file.read()
    else:
        page = sys.stdin.buffer.read()
    families, faults = check(page, not arguments.text)
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(f"FAILED: {len(faults)} faults")
    print(f"OK: {len(families)} families, {sum(len(f.samples) for f in families.values())} samples")


if __name__ == "__main__":
    main()
