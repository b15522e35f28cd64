#!/usr/bin/env python3
"""An independent reading of parsers/catalogs/rules.yaml: which rule a code falls under.

    code_rules.py CODE...            the words of each code, the rule, and the phrase that matched
    code_rules.py --rule NAME        every documented code that the rule catches
    code_rules.py --coverage         how many of the documented codes get their meaning from what

It shares no code with the C++; docs/catalog.md describes the matching.
"""
import collections
import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from vendor_codes import VendorCodes  # noqa: E402

CATALOGS = pathlib.Path(__file__).resolve().parents[2] / "parsers" / "catalogs"
WORD = re.compile(r"""[A-Z]+(?![a-z])[0-9]*    # an upper-case run, but for the letter that begins a word
                    | [A-Z]?[a-z][a-z0-9]*     # a word
                    | [0-9]+[a-z0-9]*          # digits with no word before them
                    """, re.VERBOSE)


def load(name):
    """BaseLoader keeps every scalar a string: YAML 1.1 would read `retryable: no` as False."""
    return yaml.load((CATALOGS / name).read_bytes(), Loader=yaml.BaseLoader)


def words_of(text):
    """`ImageDBError.not_found2` -> image db error not found2"""
    return [word.lower() for part in re.split(r"[._]", text) for word in WORD.findall(part)]


def spaced(words):
    """Neighbours in a list of words are a part of this text."""
    return f" {' '.join(words)} "


class Rules:
    def __init__(self, document):
        self.compounds = sorted((words_of(text) for text in document["compounds"]), key=len, reverse=True)
        self.rules = document["rules"]
        for rule in self.rules:
            rule["split"] = [(phrase, spaced(self.joined(words_of(phrase)))) for phrase in rule["phrases"]]

    def joined(self, words):
        """Neighbours that spell a compound become one word."""
        result = []
        while words:
            size = next((len(c) for c in self.compounds if words[:len(c)] == c), 1)
            result.append("".join(words[:size]))
            words = words[size:]
        return result

    def match(self, code):
        """-> (rule, phrase), or (None, None)"""
        class_name, _, detail = code.partition(".")
        in_detail = [] if detail == class_name else self.joined(words_of(detail))
        in_all = self.joined(words_of(class_name)) + in_detail
        for rule in self.rules:
            if "classes" in rule and class_name not in rule["classes"]:
                continue
            words = spaced(in_all if rule.get("phrases_of_class") == "true" else in_detail)
            for phrase, sought in rule["split"]:
                if sought in words:
                    return rule, phrase
        return None, None


class Meaning:
    """What a code of a service means, by the curated catalogs, the rules and the classes."""

    def __init__(self):
        self.rules = Rules(load("rules.yaml"))
        self.products, self.aliases = {}, {}
        for path in sorted(CATALOGS.glob("*.yaml")):
            document = load(path.name)
            if "rules" in document or document.get("vendor", "tencentcloud") != "tencentcloud":
                continue
            codes = self.products.setdefault(document["product"], {})
            codes.update((entry["code"].rstrip("."), entry) for entry in document.get("codes", []))
            self.aliases.update((alias["class"], alias["like"]) for alias in document.get("class_aliases", []))

    def of(self, service, code):
        """-> (what decided, entry or rule)"""
        own, common = self.products.get(service, {}), self.products["common"]
        for name, codes in [("product", own), ("common", common),
                            *(("other_product", codes) for _, codes in sorted(self.products.items()))]:
            if code in codes:
                return name, codes[code]
        rule, _ = self.rules.match(code)
        if rule:
            return "rule", rule
        parent = code
        while "." in parent:
            parent = parent.rpartition(".")[0]
            for codes in (own, common):
                if parent in codes:
                    return "parent", codes[parent]
        like = self.like(code.partition(".")[0])
        return ("class_alias", common[like]) if like else ("none", None)

    def like(self, class_name):
        prefixes = [name for name in self.aliases if name.endswith("*") and class_name.startswith(name[:-1])]
        return self.aliases.get(class_name) or self.aliases.get(max(prefixes, key=len, default=None))


def all_codes():
    return VendorCodes.load(CATALOGS / "tencentcloud.codes").codes


def main(arguments):
    meaning = Meaning()
    if arguments == ["--coverage"]:
        counts = collections.Counter(meaning.of("none", code)[0] for code in all_codes())
        print("\n".join(f"{name}\t{count}" for name, count in sorted(counts.items())))
    elif arguments[:1] == ["--rule"]:
        for code in all_codes():
            rule, phrase = meaning.rules.match(code)
            if rule and rule["rule"] == arguments[1]:
                print(f"{code}\t{phrase}")
    else:
        for code in arguments:
            rule, phrase = meaning.rules.match(code)
            decided, entry = meaning.of("none", code)
            print(code, words_of(code), rule and (rule["rule"], phrase), decided, entry and entry["fault_domain"])


if __name__ == "__main__":
    main(sys.argv[1:])
