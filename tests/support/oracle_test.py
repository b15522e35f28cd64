#!/usr/bin/env python3
"""The oracle judges the program, so somebody has to judge the oracle: small facts, each by hand."""
import unittest

import oracle


def entry(code, fault_domain, retryable="no", severity="warning"):
    return {
        "code": code, "fault_domain": fault_domain, "retryable": retryable, "severity": severity,
    }


RULES = oracle.Rules({
    "compounds": ["LoadBalance"],
    "rules": [
        {"phrases": ["Balance"], **entry("", "quota")},
        {"phrases": "SoldOut", "classes": ["A"], **entry("", "resource")},
    ],
})
CODES = oracle.VendorCodes("""apierrd-codes 1
vendor tencentcloud
source s
codes 2
A.B
A.Balance
service cvm v -
c 0
i 1
a Run 1
a Stop -
end
""")
CATALOG = oracle.Catalog([
    {
        "product": "billing",
        "codes": [
            entry("FailedOperation.PayPriceError", "vendor"),
            entry("Own", "business", "later", "info"),
        ],
    },
    {
        "product": "common",
        "codes": [
            entry("FailedOperation", "business"),
            entry("InvalidParameter", "caller"),
            entry("InternalError", "vendor"),
        ],
        "class_aliases": [
            {"class": "Invalid*", "like": "InvalidParameter"},
            {"class": "InvalidFlow", "like": "InternalError"},
            {"class": "InvalidFl*", "like": "FailedOperation"},
        ],
    },
    {"product": "cpdp", "codes": [entry("MissingParameter.", "caller")]},
    {"vendor": "aws", "product": "s3", "codes": [entry("NoSuch:Key", "resource")]},
], RULES, CODES)


def outcome(line):
    return oracle.outcome(line if isinstance(line, bytes) else line.encode())


def failed(code):
    return '{"service":"s","action":"a","response":{"Response":{"Error":{"Code":%s}}}}' % code


class Lines(unittest.TestCase):
    def test_split(self):
        self.assertEqual(oracle.split_lines(b""), [])
        self.assertEqual(oracle.split_lines(b"\n"), [b""])
        self.assertEqual(oracle.split_lines(b"a\nb"), [b"a", b"b"])
        self.assertEqual(oracle.split_lines(b"a\r\nb\r\r\n"), [b"a", b"b\r"])
        other_breaks = b"a\rb\x0bc\x0cd\xc2\x85e"
        self.assertEqual(oracle.split_lines(other_breaks), [other_breaks])

    def test_bom_only_at_the_start_of_a_file(self):
        self.assertEqual(oracle.split_lines(oracle.BOM), [])
        self.assertEqual(oracle.split_lines(oracle.BOM + b"{}\n" + oracle.BOM), [b"{}", oracle.BOM])
        self.assertEqual(outcome(oracle.BOM + b"{}"), ("rejected", "invalid_json"))

    def test_blank(self):
        for line in ("", " ", "\t \r"):
            self.assertEqual(outcome(line), ("ignored", "blank"))
        self.assertEqual(outcome("\x0b"), ("rejected", "invalid_json"))

    def test_precedence(self):
        limit = oracle.MAX_LINE_BYTES
        self.assertEqual(outcome(b" " * (limit + 1)), ("rejected", "line_too_long"))
        self.assertEqual(outcome(b"\xff" * (limit + 1)), ("rejected", "line_too_long"))
        self.assertEqual(outcome(b"\xff" * limit), ("rejected", "invalid_utf8"))
        self.assertEqual(outcome(b"x" * limit), ("rejected", "invalid_json"))

    def test_utf8(self):
        for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd"):
            self.assertEqual(outcome(b'{"a":"' + bad + b'"}'), ("rejected", "invalid_utf8"))
        self.assertEqual(outcome('{"a":"\U0010ffff\ufeff\x7f"}'), ("ignored", "not_api_call"))


class Json(unittest.TestCase):
    def test_strict(self):
        for bad in (
            "NaN", "[-Infinity]", "01", "1.", ".5", "+1", "'a'", "[1,]", '{"a":1,}', '{"a"}',
            "{}{}", '"\t"', '"\\x"', '"\\u12g4"', "tru", "\u00a01", "1\x0c", "[1 2]", "\u0661", "/**/1",
        ):
            self.assertEqual(outcome(bad), ("rejected", "invalid_json"), bad)
        for good in (
            "1", "-0", "1e999", "9" * 10000, '"\\ud800"', '"\\/\\u00e9"', " [ ] ", "null", "1E-0",
        ):
            self.assertEqual(outcome(good), ("ignored", "not_api_call"), good)

    def test_depth(self):
        self.assertEqual(outcome("[" * 1024 + "]" * 1024), ("ignored", "not_api_call"))
        self.assertEqual(outcome("[" * 1025 + "]" * 1025), ("rejected", "too_deep"))
        self.assertEqual(outcome("[]," * 2000), ("rejected", "invalid_json"))
        self.assertEqual(outcome('"\\"' + "[{" * 2000 + '"'), ("ignored", "not_api_call"))


class Records(unittest.TestCase):
    def test_envelope(self):
        success = ("record", ("unknown", "unknown", None))
        for line, expected in [
            ('{"Response":{}}', success),
            ('{"response":{"Response":{}}}', success),
            ('{"response":"{\\"Response\\":{}}"}', success),
            ('{"\\u0072esponse":{"\\u0052esponse":{}}}', success),
            ('{"response":"x","response":{"Response":{}}}', success),
            ('{"response":12,"Response":{}}', success),
            ('{"response":{"Response":{}},"Response":null}', success),
            ('{"response":{"Response":null}}', ("ignored", "not_api_call")),
            ('{"response":"[]"}', ("ignored", "not_api_call")),
            ('{"response":{}}', ("ignored", "not_api_call")),
            ('{"Response":"{}"}', ("ignored", "not_api_call")),
            ('{"Response":{},"Response":1}', ("ignored", "not_api_call")),
            ('{"response":"","Response":{}}', ("rejected", "invalid_response")),
            ('{"response":"{} {}"}', ("rejected", "invalid_response")),
            ('{"response":"\\"\\ud800\\""}', ("rejected", "invalid_response")),
            ('{"response":"\\"\\\\ud800\\""}', ("ignored", "not_api_call")),
        ]:
            self.assertEqual(outcome(line), expected, line)

    def test_code(self):
        for value, expected in [
            ('"A.B"', "A.B"), ('" A.B. \\n"', "A.B"), ('"A.B .\\t"', "A.B"), ('"A.."', "A."),
            ('"a b"', "a b"), ('" "', "unknown"), ('"."', "unknown"), ('" . "', "unknown"),
            ('".."', "."), ('"\\u0000"', "\0"), ('"\\u00a0"', "\u00a0"), ('""', None), ("1", None),
            ("null", None), ('["A"]', None), ('"A","Code":""', None),
        ]:
            self.assertEqual(outcome(failed(value)), ("record", ("s", "a", expected)), value)
        self.assertEqual(outcome(failed('"\\ud800"')), ("rejected", "invalid_string"))
        success = ("record", ("unknown", "unknown", None))
        self.assertEqual(outcome('{"Response":{"Error":"A"}}'), success)

    def test_service(self):
        for keys, expected in [
            ('"service":"cvm"', "cvm"),
            ('"service":" "', " "),
            ('"service":"","host":"a.tencentcloudapi.com"', "a"),
            ('"service":12,"host":"a.tencentcloudapi.com"', "a"),
            ('"host":"https://CVM.ap-x.TencentCloudAPI.com:443/p?q"', "cvm"),
            ('"host":"cvm.tencentcloudapi.woa.com"', "cvm"),
            ('"host":"a.gz.api.tencentyun.com/v2/i.php"', "a"),
            ('"host":".tencentcloudapi.com"', "unknown"),
            ('"host":"\\ud800.tencentcloudapi.com"', "unknown"),
            ('"host":"a.tencentcloudapi.com/?to=https://b.tencentcloudapi.com"', "a"),
            ('"host":"tencentcloudapi.com"', "unknown"),
            ('"host":"cvm.tencentcloudapi.com.evil.org"', "unknown"),
            ('"host":"x","endpoint":"a.tencentcloudapi.com"', "unknown"),
            ('"host":"","request":{"host":"r.tencentcloudapi.com"},"endpoint":"e"', "r"),
            ('"request":{"host":1},"endpoint":"e.tencentcloudapi.com"', "e"),
            ('"request":[]', "unknown"),
        ]:
            line = '{"Response":{},%s}' % keys
            self.assertEqual(outcome(line), ("record", (expected, "unknown", None)), keys)

    def test_only_needed_strings_must_be_unicode(self):
        for line, expected in [
            ('{"Response":{},"action":"\\udc00"}', "rejected"),
            ('{"Response":{},"service":"\\udc00"}', "rejected"),
            ('{"Response":{},"other":"\\udc00","\\udc00":1}', "record"),
            ('{"Response":{},"action":"\\udc00","action":"a"}', "record"),
            ('{"Response":1,"action":"\\udc00"}', "ignored"),
        ]:
            self.assertEqual(outcome(line)[0], expected, line)


class Words(unittest.TestCase):
    def test_cut(self):
        for text, words in [
            ("BalanceInsufficient", "balance insufficient"), ("DBError", "db error"),
            ("NOT_SUPPORT", "not support"), ("Ipv4Address", "ipv4 address"), ("S3Bucket", "s3 bucket"),
            ("K8SCluster", "k8s cluster"), ("a.Bc-d", "a bc d"), ("余额", ""), ("2Fa", "2 fa"),
        ]:
            self.assertEqual(oracle.plain_words(text), words.split(), text)

    def test_compounds(self):
        for text, words in [("LoadBalanceX", "loadbalance x"), ("Load.Balancer", "load balancer"),
                            ("Loadbalance", "loadbalance")]:
            self.assertEqual(RULES.words(text), words.split(), text)


class Classes(unittest.TestCase):
    def test_order(self):
        for service, action, code, expected in [
            ("billing", "", "FailedOperation.PayPriceError", ("action", "vendor")),
            ("cvm", "Run", "FailedOperation.PayPriceError", ("elsewhere", "vendor")),
            ("cvm", "Run", "FailedOperation.New", ("nowhere", "business")),
            ("billing", "", "FailedOperation.PayPriceError.Deep.er", ("nowhere", "vendor")),
            # A parent is looked up in the own product and in common, not in the other products.
            ("cvm", "Run", "FailedOperation.PayPriceError.Deep", ("nowhere", "business")),
            ("cvm", "Run", "Own.X", ("nowhere", "unknown")),
            ("cpdp", "", "MissingParameter", ("action", "caller")),
            ("cvm", "Run", "InvalidThing.X", ("nowhere", "caller")),
            ("cvm", "Run", "InvalidFlow", ("nowhere", "vendor")),
            ("cvm", "Run", "InvalidFlood", ("nowhere", "business")),
            ("cvm", "Run", "failedoperation", ("nowhere", "unknown")),
            ("cvm", "Run", "unknown", ("nowhere", "unknown")),
        ]:
            self.assertEqual(self.found(service, action, code), expected, (service, code))

    @staticmethod
    def found(service, action, code):
        finding, entry = CATALOG.classify(service, action, code)
        return finding, entry["fault_domain"]

    def test_findings(self):
        for service, action, code, expected in [
            ("cvm", "Run", "A.Balance", "action"), ("cvm", "Run", "A.B", "product"),
            ("cvm", "Stop", "A.B", "action"), ("cvm", "Walk", "A.B", "action"),
            ("vpc", "Run", "A.B", "elsewhere"), ("cvm", "Run", "InternalError", "action"),
            ("billing", "", "A.Balance", "elsewhere"), ("cvm", "Run", "A.C", "nowhere"),
        ]:
            self.assertEqual(CATALOG.classify(service, action, code)[0], expected, (service, code))

    def test_rules(self):
        for code, expected in [
            ("A.Balance", "quota"), ("A.LoadBalance", "unknown"), ("FailedOperation.Balance", "business"),
            ("FailedOperation.FailedOperation", "business"), ("InvalidBalance", "caller"),
            ("FailedOperation.FailedOperation.Balance", "business"), ("B.SoldOut", "unknown"),
            ("A.SoldOut", "resource"), ("Balance", "unknown"),
        ]:
            self.assertEqual(self.found("cvm", "", code)[1], expected, code)

    def test_vendors(self):
        for service, code, expected in [
            ("aws/s3", "NoSuch:Key", ("action", "resource")), ("aws/ec2", "NoSuch:Key", ("elsewhere", "resource")),
            ("aws/s3", "InternalError", ("nowhere", "unknown")), ("aws/s3", "A.Balance", ("nowhere", "unknown")),
            ("cvm", "NoSuch:Key", ("nowhere", "unknown")), ("x/y", "InternalError", ("nowhere", "unknown")),
        ]:
            self.assertEqual(self.found(service, "", code), expected, (service, code))


class Count(unittest.TestCase):
    def test_totals(self):
        line = failed('"Own"').encode()
        success = '{"Response":{},"action":"é"}'.encode()
        files = [line + b"\n\n" + line, b"x\n{}\n" + success]
        self.assertEqual(oracle.count(files, "src", CATALOG), {
            "schema": 1,
            "bytes": 2 * len(line) + 2 + 5 + len(success),
            "lines": 6,
            "records": 3,
            "calls": [
                {"source": "src", "api_service": "s", "action": "a", "count": 2},
                {"source": "src", "api_service": "unknown", "action": "é", "count": 1},
            ],
            "errors": [{
                "source": "src", "api_service": "s", "action": "a", "code": "Own",
                "documented": True, "fault_domain": "business", "retryable": "later",
                "severity": "info", "count": 2,
            }],
            "lines_with_records": 3,
            "ignored": {"blank": 1, "not_api_call": 1},
            "rejected": {"invalid_json": 1},
        })

    def test_rows_are_sorted_by_bytes(self):
        # UTF-16 would put the last two the other way round.
        actions = ["\U00010000", "\uffff", "a", "B", "a\\u0000"]
        data = "\n".join('{"Response":{},"action":"%s"}' % action for action in actions)
        rows = oracle.count([data.encode()], catalog=CATALOG)["calls"]
        self.assertEqual([r["action"] for r in rows], ["B", "a", "a\0", "\uffff", "\U00010000"])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    if not program.result.wasSuccessful():
        raise SystemExit(1)
    print(f"OK: {program.result.testsRun} tests of the oracle")
