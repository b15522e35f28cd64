#!/usr/bin/env python3
"""The importer of the vendor's codes, and the file it made: parsers/catalogs/tencentcloud.codes."""
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(ROOT / "tests" / "support"))
from vendor_codes import VendorCodes  # noqa: E402

IMPORTER = ROOT / "parsers" / "catalogs" / "import_vendor_codes.py"
SHIPPED = ROOT / "parsers" / "catalogs" / "tencentcloud.codes"
FIXTURE = ROOT / "tests" / "data" / "vendor-codes"
SHARED = ROOT.parent / "shared" / "data"
BYTES_MAX = 1_500_000  # it is compiled in

# The same facts as the fixture's SDK in miniature.
TABLES = {
    "services.tsv": "service version endpoint actions name_zh|cup 2020-02-02 cup.example 1 |"
                    "tea 2019-01-01 tea.example 3 茶_水|tea 2023-06-15 tea.example 2 茶_水|jug 2021-03-03 x 1 ",
    "actions.tsv": "service version action|cup 2020-02-02 AddCup|tea 2019-01-01 BrewPot|jug 2021-03-03 FillJug|"
                   "tea 2019-01-01 ListLeaves|tea 2019-01-01 StopPot|tea 2023-06-15 BrewPot|"
                   "tea 2023-06-15 WashPot",
    "codes.tsv": "service version code|tea 2019-01-01 InternalError|"
                 "tea 2019-01-01 InvalidParameter.CupTooSmall|tea 2019-01-01 ResourceNotFound.Leaf|"
                 "tea 2023-06-15 FailedOperation.potCracked|tea 2023-06-15 FailedOperation.PotCracked|"
                 "tea 2023-06-15 InvalidParameter.|tea 2023-06-15 InternalError|"
                 "tea 2023-06-15 UnsupportedOperation.NOT_SUPPORT_THIS",
    "codes-intl.tsv": "service version code|tea 2023-06-15 LimitExceeded.Pots|tea 2023-06-15 InternalError|"
                      "jug 2021-03-03 ResourceInUse.Jug",
    "action-codes.tsv.gz": "service version action code|tea 2019-01-01 BrewPot InternalError|"
                           "tea 2019-01-01 BrewPot InvalidParameter.CupTooSmall|"
                           "tea 2023-06-15 BrewPot FailedOperation.potCracked|"
                           "tea 2023-06-15 BrewPot InternalError.OnlyInComment|"
                           "tea 2023-06-15 BrewPot {\\|tea 2023-06-15 WashPot InternalError|"
                           "tea 2023-06-15 WashPot InvalidParameter.CupTooSmall|"
                           "tea 2023-06-15 WashPot FailedOperation.PotCracked|"
                           "tea 2023-06-15 WashPot UnsupportedOperation.NOT_SUPPORT_THIS|"
                           "tea 2023-06-15 WashPot LimitExceeded.Pots|jug 2021-03-03 FillJug ResourceInUse.Jug",
}


def run(*arguments):
    return subprocess.run([sys.executable, IMPORTER, *arguments], capture_output=True, check=False)


def write_tables(folder, **changes):
    for name, text in TABLES.items():
        text = changes.get(name.split(".")[0].replace("-", "_"), text)
        if text is None:
            (folder / f"tencentcloud-{name}").unlink(missing_ok=True)
            continue
        data = text.replace(" ", "\t").replace("_水", " 水").replace("|", "\n") + "\n"
        data = data.encode()
        (folder / f"tencentcloud-{name}").write_bytes(gzip.compress(data) if name.endswith("gz") else data)


def check_fixture(scratch):
    expected = (FIXTURE / "expected.codes").read_bytes()
    VendorCodes(expected.decode())
    result = run("--sdk", FIXTURE / "sdk", "--sdk-intl", FIXTURE / "sdk-intl")
    assert result.returncode == 0 and result.stdout == expected, result.stdout.decode()
    assert b"left out: '{\\' cannot be an error code" in result.stderr, result.stderr
    assert b"3 services, 6 actions, 10 codes" in result.stderr, result.stderr

    result = run("--sdk", FIXTURE / "sdk", "--source", "a b", "--output", scratch / "out")
    main = VendorCodes.load(scratch / "out")
    assert result.returncode == 0 and main.source == "a b", result.stderr
    assert list(main.services) == ["cup", "tea"] and main.services["tea"].intl == []
    assert [path.name for path in scratch.iterdir()] == ["out"]  # no scratch file stays behind

    write_tables(scratch)
    source = VendorCodes(expected.decode()).source
    result = run("--tables", scratch, "--source", source)
    assert result.returncode == 0 and result.stdout == expected, result.stdout.decode() + result.stderr.decode()


def check_errors(scratch):
    def fails(status, text, *arguments):
        result = run(*arguments)
        assert result.returncode == status and text in result.stderr.decode(), (arguments, result)
        assert not result.stdout and "Traceback" not in result.stderr.decode(), result

    def tables_fail(text, **changes):
        write_tables(scratch, **changes)
        fails(3, text, "--tables", scratch)

    fails(2, "one of the arguments", )
    fails(2, "not allowed with", "--sdk", "x", "--tables", "y")
    fails(2, "go with --sdk", "--tables", "x", "--names", "y")
    fails(2, "one line of text", "--sdk", "x", "--source", "a\nb")
    fails(3, "no folder 'tencentcloud'", "--sdk", scratch)
    (scratch / "tencentcloud").mkdir()
    fails(3, "no SERVICE/vYYYYMMDD/client.go", "--sdk", scratch)
    fails(3, "cannot write", "--sdk", FIXTURE / "sdk", "--output", scratch / "no" / "folder")
    fails(3, "cannot read", "--sdk", FIXTURE / "sdk", "--names", scratch / "none")
    tables_fail("cannot read", codes=None)
    tables_fail("no column 'code'", codes="service version|tea 2019-01-01")
    tables_fail("2 columns instead of 3", codes="service version code|tea 2019-01-01")
    tables_fail("is no service name", codes="service version code|Tea! 2019-01-01 InternalError")
    tables_fail("is no action name", actions="service version action|tea 2019-01-01 Brew-Pot")
    write_tables(scratch)
    packed = scratch / "tencentcloud-action-codes.tsv.gz"
    packed.write_bytes(packed.read_bytes()[:40])
    fails(3, "is damaged", "--tables", scratch)


def check_shipped():
    """What is known of tencentcloud-sdk-go v1.3.166 and its international edition, v3.0.1474."""
    data = SHIPPED.read_bytes()
    assert len(data) < BYTES_MAX and b"\r" not in data
    shipped = VendorCodes(data.decode())
    services = shipped.services.values()
    pairs = [(service, action) for service in services for action in service.actions]
    known = {
        "codes": (len(shipped.codes), 12_264),  # 12,268 before four that end in a dot were trimmed
        "services": (len(services), 271),  # 258, and 13 sold only internationally
        "services with actions": (sum(1 for s in services if s.actions), 258),
        "services with codes": (sum(1 for s in services if s.codes()), 261),
        "actions": (len(pairs), 14_863),  # 15,210 counting each version
        "names of actions": (len({action for _, action in pairs}), 13_145),
        "actions without a code": (sum(1 for s, a in pairs if not s.actions[a]), 148),
        "documented by actions": (sum(len(s.actions[a]) for s, a in pairs), 132_293),
        "only international": (len(set().union(*(s.intl for s in services)) -
                                   set().union(*(s.main for s in services))), 398),
    }
    wrong = {what: pair for what, pair in known.items() if pair[0] != pair[1]}
    assert not wrong, wrong
    used = set().union(*(service.codes() for service in services))
    assert used == set(shipped.codes)
    billing = shipped.services["billing"]
    assert billing.versions == ["2018-07-09"] and len(billing.main) == 42 and not billing.intl
    assert "FailedOperation.PaySuccDeliverFailed" in billing.actions["PayDeals"]
    assert "FailedOperation.PaySuccDeliverFailed" not in billing.actions["DescribeDealsByCond"]
    return shipped


def check_against_tables(shipped):
    if not (SHARED / "tencentcloud-codes.tsv").exists():
        print("the tables are not here: regeneration not tried")
        return
    result = run("--tables", SHARED, "--source", shipped.source)
    assert result.returncode == 0, result.stderr
    assert result.stdout == SHIPPED.read_bytes(), "the tables give another file"


for check in (check_fixture, check_errors):
    with tempfile.TemporaryDirectory() as folder:
        check(pathlib.Path(folder))
check_against_tables(check_shipped())
print("OK")
