#!/usr/bin/env python3
"""The form of every catalog in parsers/catalogs, also of other vendors, which the program does not read yet."""
import os
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
CATALOGS = ROOT / "parsers" / "catalogs"
VALUES = {"fault_domain": {"caller", "credential", "permission", "quota", "business", "resource", "vendor",
                           "network", "none", "unknown"},
          "retryable": {"no", "backoff", "later", "after_fix"}, "severity": {"critical", "warning", "info"},
          "event": {"none", "page"}, "slo": {"true", "false"}}
NEEDED = {"code", "fault_domain", "retryable", "severity", "description", "description_zh", "remedy", "source"}
OPTIONAL = {"event", "slo"}
CODE = {"tencentcloud": r"[A-Za-z][A-Za-z0-9._]{0,127}"}  # the vendor's own alphabet
CODE_OF_OTHERS = r"[A-Za-z][A-Za-z0-9._:/-]{0,127}"
VENDORS = {"tencentcloud", "aws", "alibabacloud", "googlecloud", "azure", "volcengine"}

faults = []


def check_code(name, vendor, sources, entry):
    code = entry.get("code", "?")
    if not re.fullmatch(CODE.get(vendor, CODE_OF_OTHERS), code):
        faults.append(f"{name}: '{code}' cannot be a code")
    if NEEDED - set(entry) or set(entry) - NEEDED - OPTIONAL:
        faults.append(f"{name}: {code}: keys {sorted(NEEDED ^ set(entry))}")
        return
    for key, values in VALUES.items():
        if key in entry and entry[key] not in values:
            faults.append(f"{name}: {code}: {key} '{entry[key]}'")
    if entry["source"] not in sources:
        faults.append(f"{name}: {code}: source '{entry['source']}' is not listed")
    if not entry["description_zh"].rstrip().endswith("。"):
        faults.append(f"{name}: {code}: description_zh is no sentence")
    for key in ("description", "remedy"):
        if not entry[key].rstrip().endswith("."):
            faults.append(f"{name}: {code}: {key} is no sentence")


def check_file(path, document):
    """-> (vendor, product, codes)"""
    vendor = document.get("vendor", "tencentcloud")
    known = {"schema", "vendor", "product", "title", "sources", "codes", "class_aliases"}
    if set(document) - known or document["schema"] != "1" or vendor not in VENDORS:
        faults.append(f"{path.name}: keys {sorted(set(document) - known)}, schema or vendor")
    codes = [entry.get("code", "?").rstrip(".") for entry in document["codes"]]
    for code in {code for code in codes if codes.count(code) > 1}:
        faults.append(f"{path.name}: {code} is given twice")
    for entry in document["codes"]:
        check_code(path.name, vendor, document["sources"], entry)
    unused = set(document["sources"]) - {entry.get("source") for entry in document["codes"]}
    if unused:
        faults.append(f"{path.name}: sources {unused} are not used")
    for alias in document.get("class_aliases", []):
        if alias["like"] not in codes or set(alias) != {"class", "like"}:
            faults.append(f"{path.name}: alias {alias}")
    return vendor, document["product"], codes


seen = {}
for path in sorted(CATALOGS.glob("*.yaml")):
    document = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)
    if "rules" in document:
        continue  # golden.rules
    vendor, product, codes = check_file(path, document)
    for code in codes:
        if (vendor, product, code) in seen:
            faults.append(f"{path.name}: {code} stands in {seen[vendor, product, code]}, too")
        seen[vendor, product, code] = path.name

assert VENDORS == {vendor for vendor, _, _ in seen}, seen
assert len([1 for vendor, _, _ in seen if vendor == "googlecloud"]) == 16  # of google.rpc.Code, without OK
if faults:
    sys.exit("\n".join(faults))
print(f"OK: {len(seen)} codes in {len(set(seen.values()))} files")
