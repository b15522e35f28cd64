#!/usr/bin/env python3
"""A strict, independent reader of parsers/catalogs/tencentcloud.codes (docs/importing-codes.md).

    vendor_codes.py FILE [SERVICE [ACTION]]     prints what the file holds of a service or an action
"""
import pathlib
import re
import sys


class Service:
    def __init__(self, versions, name):
        self.versions, self.name = versions, name
        self.main, self.intl, self.actions = [], [], {}

    def codes(self):
        return sorted(self.main + self.intl)


class VendorCodes:
    """Any deviation from the form is a ValueError that names the line."""

    def __init__(self, text):
        self.lines = text.split("\n")
        self.at = 0
        self.expect(r"apierrd-codes 1")
        self.vendor = self.expect(r"vendor ([a-z]+)")[1]
        self.source = self.expect(r"source (\S.*\S)")[1]
        count = int(self.expect(r"codes (\d+)")[1])
        self.codes = [self.expect(r"([A-Za-z][A-Za-z0-9._]{0,127})")[1] for _ in range(count)]
        self.must(self.codes == sorted(set(self.codes)), "codes are distinct and sorted")
        self.must(not [code for code in self.codes if code.endswith(".")], "codes are trimmed")
        self.services = {}
        while self.lines[self.at] != "end":
            self.read_service()
        self.must(list(self.services) == sorted(self.services), "services are sorted")
        self.must(self.lines[self.at:] == ["end", ""], "`end` and a newline are the end")

    def must(self, condition, what):
        if not condition:
            raise ValueError(f"line {self.at + 1}: not so: {what}")

    def expect(self, pattern, optional=False):
        match = re.fullmatch(pattern, self.lines[self.at])
        self.must(match or optional, f"is `{pattern}`")
        self.at += bool(match)
        return match

    def read_service(self):
        version = r"\d{4}-\d\d-\d\d"
        name, versions, title = self.expect(
            rf"service ([a-z][a-z0-9_-]*) ({version}(?:,{version})*) (\S|\S.*\S)").groups()
        service = Service(versions.split(","), "" if title == "-" else title)
        self.must(service.versions == sorted(set(service.versions)), "versions are distinct and sorted")
        self.must(name not in self.services, "each service stands once")
        self.services[name] = service
        service.main, service.intl = self.read_deltas("c"), self.read_deltas("i")
        own = service.codes()
        self.must(len(own) == len(set(own)), "no code stands in both lists")
        while action := self.expect(r"a ([A-Za-z][A-Za-z0-9]*) (-|[\d,-]*\d)", optional=True):
            self.must(action[1] > max(service.actions, default=""), "actions are sorted")
            service.actions[action[1]] = [own[place] for place in self.read_ranges(action[2], len(own))]

    def read_deltas(self, letter):
        line = self.expect(rf"{letter} (\d+(?: [1-9]\d*)*)", optional=True)
        places = []
        for step in line[1].split(" ") if line else []:
            places.append((places[-1] if places else 0) + int(step))
        self.must(not places or places[-1] < len(self.codes), "indexes are those of codes")
        return [self.codes[place] for place in places]

    def read_ranges(self, text, size):
        places = []
        for part in text.split(",") if text != "-" else []:
            first, _, last = part.partition("-")
            self.must(not places or int(first) > places[-1] + 1, "ranges ascend and do not touch")
            self.must(not last or int(first) < int(last), "a range has two ends")
            places += range(int(first), int(last or first) + 1)
        self.must(not places or places[-1] < size, "indexes are those of the service's codes")
        return places

    @classmethod
    def load(cls, path):
        return cls(pathlib.Path(path).read_bytes().decode())


if __name__ == "__main__":
    held = VendorCodes.load(sys.argv[1])
    if len(sys.argv) == 2:
        for service_name, it in held.services.items():
            print(f"{service_name}\t{len(it.actions)} actions\t{len(it.codes())} codes\t{it.name}")
    else:
        asked = held.services[sys.argv[2]]
        print("\n".join(asked.actions[sys.argv[3]] if len(sys.argv) > 3 else asked.codes()))
