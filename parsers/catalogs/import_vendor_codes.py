#!/usr/bin/env python3
"""Rebuild parsers/catalogs/tencentcloud.codes: every code the vendor documents, and by which action.

    import_vendor_codes.py --sdk FOLDER [--sdk-intl FOLDER] [--names FILE] [--output FILE]
    import_vendor_codes.py --tables FOLDER [--output FILE]

FOLDER of --sdk is a checkout of github.com/TencentCloud/tencentcloud-sdk-go, of --sdk-intl one of
tencentcloud-sdk-go-intl-en. Read are, of each tencentcloud/SERVICE/vYYYYMMDD:

    errors.go    the string constants: the codes of the service
    client.go    WithApiInfo(..., "Action"): the actions; the list of codes in the comment above each
                 method of the client: the codes which that action documents

and products.md of the --sdk checkout, the service's Chinese name (or --names, a table of the same
form). FOLDER of --tables holds the same facts as tab-separated tables with a header line:

    tencentcloud-services.tsv            service, version, ..., name_zh
    tencentcloud-actions.tsv             service, version, action
    tencentcloud-codes.tsv               service, version, code
    tencentcloud-codes-intl.tsv          the same of the international edition; may be absent
    tencentcloud-action-codes.tsv[.gz]   service, version, action, code

The same input gives the same bytes. What was taken over and what was left out is told on stderr.
docs/importing-codes.md describes the steps and the form of the file.

exit status: 0 written, 2 wrong usage, 3 something could not be read or written
"""
import argparse
import csv
import gzip
import os
import pathlib
import re
import sys

CODE = re.compile(r"[A-Za-z][A-Za-z0-9._]{0,127}")
SERVICE = re.compile(r"[a-z][a-z0-9_-]*")
ACTION = re.compile(r"[A-Za-z][A-Za-z0-9]*")
VERSION_FOLDER = re.compile(r"v(\d{4})(\d{2})(\d{2})")
CONSTANT = re.compile(r'^\s*[A-Z][A-Z0-9_]*\s*=\s*"([^"]*)"\s*$')
API_INFO = re.compile(r'WithApiInfo\("([^"]*)",\s*APIVersion,\s*"([^"]*)"\)')
METHOD = re.compile(r"^func \(c \*Client\) (\w+)\(")
LISTED_CODE = re.compile(r'^//\s+[A-Z][A-Z0-9_]*\s*=\s*"([^"]*)"\s*$')
LIST_HEADINGS = ("// error code that may be returned:", "// 可能返回的错误码:", "// 可能返回的错误码：")
PRODUCT_ROW = re.compile(r"^\|\s*([a-z0-9_-]+)\s*\|\s*\[([^\]]*)\]")
SDK_VERSION = re.compile(r'"SDK_GO_([0-9.]+)"')


class ImportFault(Exception):
    """`what: where: hint`, for people."""


class Service:
    def __init__(self):
        self.versions = set()
        self.name = ""
        self.main = set()  # codes of the main edition
        self.intl = set()  # codes of the international edition
        self.actions = {}  # action -> its codes, over all versions


class Vendor:
    """All services; refuses what cannot be a code, a service or an action, and remembers it."""

    def __init__(self):
        self.services = {}
        self.left_out = []

    def service(self, name, where):
        if not SERVICE.fullmatch(name):
            raise ImportFault(f"'{name}' is no service name: {where}: lower-case letters, digits, _ and -")
        return self.services.setdefault(name, Service())

    def code(self, text, where):
        """The code as apierrd looks it up, or None."""
        code = trim_code(text)
        if CODE.fullmatch(code):
            return code
        self.left_out.append(f"'{text}' cannot be an error code: {where}")
        return None

    def action(self, service, name, where):
        if not ACTION.fullmatch(name):
            raise ImportFault(f"'{name}' is no action name: {where}: letters and digits")
        return service.actions.setdefault(name, set())


def trim_code(text):
    """Blanks off both ends, one trailing dot, blanks again: as the program does with codes of a log."""
    text = text.strip(" \t\r\n")
    return text[:-1].rstrip(" \t\r\n") if text.endswith(".") else text


def read_text(path):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ImportFault(f"cannot read: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ImportFault(f"is not UTF-8: {path}: is this the file you meant?") from None


# -------------------------------------------------------------------------------------- SDK checkout

def read_sdk(vendor, root, international):
    packages = root / "tencentcloud"
    if not packages.is_dir():
        raise ImportFault(f"no folder 'tencentcloud': {root}: give the checkout's top folder")
    found = 0
    for folder in sorted(packages.glob("*/v*")):
        version = VERSION_FOLDER.fullmatch(folder.name)
        if not version or not (folder / "client.go").is_file():
            continue
        found += 1
        service = vendor.service(folder.parent.name, folder)
        service.versions.add("-".join(version.groups()))
        codes = service.intl if international else service.main
        if (folder / "errors.go").is_file():  # packages without codes have none
            codes.update(constants(vendor, folder / "errors.go"))
        read_client(vendor, service, codes, folder / "client.go")
    if not found:
        raise ImportFault(f"no SERVICE/vYYYYMMDD/client.go: {packages}: is the checkout complete?")


def constants(vendor, path):
    found = set()
    for number, line in enumerate(read_text(path).split("\n"), 1):
        constant = CONSTANT.match(line)
        code = constant and vendor.code(constant[1], f"{path}:{number}")
        if code:
            found.add(code)
    return found


def read_client(vendor, service, codes, path):
    """A code that only a method's comment names is a code of the service, too."""
    text = read_text(path)
    for _, action in API_INFO.findall(text):
        vendor.action(service, action, path)
    listed = None  # the codes of the comment being read; None outside a list
    for number, line in enumerate(text.split("\n"), 1):
        if line.rstrip() in LIST_HEADINGS:
            listed = []
        elif listed is not None and (item := LISTED_CODE.match(line)):
            listed.append(vendor.code(item[1], f"{path}:{number}"))
        elif (method := METHOD.match(line)) and listed:
            if method[1] in service.actions:  # not ActionWithContext, which repeats the list
                service.actions[method[1]].update(filter(None, listed))
                codes.update(filter(None, listed))
            listed = None
        elif not line.startswith("//"):
            listed = None


def read_names(vendor, path):
    for line in read_text(path).split("\n"):
        row = PRODUCT_ROW.match(line)
        if row and row[1] in vendor.services:
            vendor.services[row[1]].name = row[2].strip()


def sdk_version(root):
    path = root / "tencentcloud" / "common" / "http" / "request.go"
    version = SDK_VERSION.search(read_text(path)) if path.is_file() else None
    return "v" + version[1] if version else "of unknown version"


# -------------------------------------------------------------------------------------------- tables

def rows(folder, name, columns, optional=False):
    """-> (values of `columns`, place) of each row"""
    path = folder / name
    if not path.exists() and (folder / (name + ".gz")).exists():
        path = folder / (name + ".gz")
    if optional and not path.exists():
        return
    try:
        opened = (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="")
        with opened as lines:
            table = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            header = next(table, [])
            missing = [column for column in columns if column not in header]
            if missing:
                raise ImportFault(f"no column '{missing[0]}': {path}:1: the header is {header}")
            places = [header.index(column) for column in columns]
            for row in table:
                where = f"{path}:{table.line_num}"
                if len(row) != len(header):
                    raise ImportFault(f"{len(row)} columns instead of {len(header)}: {where}: a cut row?")
                yield [row[place] for place in places], where
    except OSError as error:
        raise ImportFault(f"cannot read: {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, EOFError):
        raise ImportFault(f"is damaged: {path}: neither cut nor of another encoding, please") from None


def read_tables(vendor, folder):
    prefix = "tencentcloud-"
    for (name, version, name_zh), where in rows(folder, prefix + "services.tsv",
                                                ("service", "version", "name_zh")):
        service = vendor.service(name, where)
        service.versions.add(version)
        service.name = name_zh.strip()
    for (name, version, action), where in rows(folder, prefix + "actions.tsv",
                                               ("service", "version", "action")):
        service = vendor.service(name, where)
        service.versions.add(version)
        vendor.action(service, action, where)
    for edition, table in (("main", "codes.tsv"), ("intl", "codes-intl.tsv")):
        for (name, version, text), where in rows(folder, prefix + table, ("service", "version", "code"),
                                                 optional=edition == "intl"):
            service = vendor.service(name, where)
            service.versions.add(version)
            if code := vendor.code(text, where):
                getattr(service, edition).add(code)
    for (name, action, text), where in rows(folder, prefix + "action-codes.tsv",
                                            ("service", "action", "code")):
        service = vendor.service(name, where)
        if code := vendor.code(text, where):
            vendor.action(service, action, where).add(code)
            if code not in service.intl:
                service.main.add(code)


# ---------------------------------------------------------------------------------------- the result

def deltas(numbers):
    """The first number, then the steps."""
    numbers = sorted(numbers)
    return " ".join(str(b - a) for a, b in zip([0] + numbers, numbers))


def ranges(numbers):
    """`0-3,7`; `-` if there are none."""
    runs = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs) or "-"


def render(vendor, source):
    # Names are ASCII, so Python's order of text is the order of bytes.
    codes = sorted(set().union(*(s.main | s.intl for s in vendor.services.values())))
    index = {code: number for number, code in enumerate(codes)}
    lines = ["apierrd-codes 1", "vendor tencentcloud", f"source {source}", f"codes {len(codes)}", *codes]
    for name, service in sorted(vendor.services.items()):
        versions = ",".join(sorted(service.versions))
        lines.append(f"service {name} {versions} {service.name or '-'}")
        for letter, listed in (("c", service.main), ("i", service.intl - service.main)):
            if listed:
                lines.append(f"{letter} {deltas(index[code] for code in listed)}")
        own = {code: number for number, code in enumerate(sorted(service.main | service.intl))}
        for action, listed in sorted(service.actions.items()):
            lines.append(f"a {action} {ranges(own[code] for code in listed)}")
    return "\n".join(lines + ["end", ""])


def write(text, output):
    if output is None:
        sys.stdout.buffer.write(text.encode())
        return
    scratch = output.with_name(output.name + ".new")
    try:
        scratch.write_bytes(text.encode())
        os.replace(scratch, output)  # never half a file
    except OSError as error:
        raise ImportFault(f"cannot write: {output}: {error.strerror}") from None


def gather(arguments):
    """-> (all services, one line about where they come from)"""
    vendor = Vendor()
    if arguments.tables:
        read_tables(vendor, arguments.tables)
        return vendor, "tables of services, actions and codes"
    read_sdk(vendor, arguments.sdk, international=False)
    source = f"tencentcloud-sdk-go {sdk_version(arguments.sdk)}"
    names = arguments.names or arguments.sdk / "products.md"
    if arguments.names or names.is_file():
        read_names(vendor, names)
    if arguments.sdk_intl:
        read_sdk(vendor, arguments.sdk_intl, international=True)
        source += f", tencentcloud-sdk-go-intl-en {sdk_version(arguments.sdk_intl)}"
    return vendor, source


def arguments_of(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
                                     usage=argparse.SUPPRESS)
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument("--sdk", type=pathlib.Path, metavar="FOLDER", help="checkout of the SDK")
    origin.add_argument("--tables", type=pathlib.Path, metavar="FOLDER", help="the tables instead")
    parser.add_argument("--sdk-intl", type=pathlib.Path, metavar="FOLDER",
                        help="checkout of the international SDK; with --sdk")
    parser.add_argument("--names", type=pathlib.Path, metavar="FILE",
                        help="rows `| service | [name](...) |`; default products.md; with --sdk")
    parser.add_argument("--source", metavar="TEXT", help="what the file's line `source` says")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="default: standard output")
    arguments = parser.parse_args(argv)
    if arguments.tables and (arguments.sdk_intl or arguments.names):
        parser.error("--sdk-intl and --names go with --sdk, not with --tables")
    if arguments.source is not None and not arguments.source.isprintable():
        parser.error("--source must be one line of text")
    return arguments


def main(argv=None):
    arguments = arguments_of(argv)
    try:
        vendor, source = gather(arguments)
        for complaint in vendor.left_out:
            print(f"left out: {complaint}", file=sys.stderr)
        write(render(vendor, arguments.source or source), arguments.output)
    except ImportFault as fault:
        print(f"import_vendor_codes: {fault}", file=sys.stderr)
        return 3
    services = vendor.services.values()
    print(f"{len(services)} services, {sum(len(s.actions) for s in services)} actions, "
          f"{len(set().union(*(s.main | s.intl for s in services)))} codes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
