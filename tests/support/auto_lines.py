"""Random logs of every shape that `format: auto` knows; for differential_auto_test.py.

All randomness comes from rng. A call is (service, action, code); each shape below writes one as a
program of that kind would.
"""
import json

CODES = [
    "InternalError", "AuthFailure.SignatureFailure", "RequestLimitExceeded", "InvalidParameter",
    "FailedOperation.BalanceInsufficient", "ResourceNotFound.X", "InternalError.", " InvalidParameter ",
    "x", "4102", "", ".", "ClientNetworkError", "Unknown_Code.A1", "余额不足", "LimitExceeded.Foo.Bar",
]
SERVICES = ["billing", "cvm", "cdb", "sms", "clb"]
ACTIONS = ["PayDeals", "DescribeInstances", "RunInstances", "SendSms", "A1"]
REGIONS = ["ap-guangzhou", "eu-frankfurt"]
MESSAGES = [
    "no money", "", "a, b: c", "余额", 'said "no"', "see {x}", "Code=Other, Message=inner", "two\nlines",
    "[[request id:1-2]]", 'nested {"Response":{}}', "x" * 300, "tab\tand \\ slash", "it's",
    "CVM_ERROR[ResourceUnavailable.X:gone]", "\u2028\U0001f600",
]
LINE_BYTES_MAX = 20_000
GROWING_MAX = 4_000  # of what is escaped or wrapped once more
TIME = "2026-11-25T09:00:00.123456789Z"
NOISE = [
    "started", "I0330 09:01:48 server.go:186] listening", '{"level":"info","msg":"ready"}', "", "   ", "{}",
    "[]",
    '{"a":{"b":{"c":"{}"}}}', "}", '{"', "code: 200", "{foo}", '{"MESSAGE":"x"}', "null", '"text"', "[1,2]",
    "GET /?a={b} HTTP/1.1", "Code=5, Message=x, RequestId=y", "  code: 'ECONNRESET',", "'", "\ufeff", "\0",
]


class Shapes:
    """One call in each of the shapes; a method each, named as the shape."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, texts):
        return self.rng.choice(texts)

    def id(self):
        rng = self.rng
        uuid = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-a000-"
        uuid += f"{rng.getrandbits(48):012x}"
        return rng.choice((uuid, uuid, uuid, "r-1", "None", "z" * 63, "y" * 64, "", uuid.upper()))

    def response(self):
        rng = self.rng
        inside = {}
        if rng.random() < 0.6:
            inside["Error"] = {"Code": self.pick(CODES), "Message": self.pick(MESSAGES)}
        elif rng.random() < 0.3:
            inside["Error"] = self.pick(["text", 5, None, {}, {"Code": 7}, {"Code": "", "Message": ""}, []])
        if rng.random() < 0.9:
            inside["RequestId"] = self.id()
        if rng.random() < 0.2:
            inside[self.pick(["ErrorCode", "Code", "Errors", "ErrCode"])] = self.pick([0, "", "X",
                                                                                       "FailedOperation"])
        members = list(inside.items())
        rng.shuffle(members)
        return {"Response": self.pick([dict(members)] * 12 + [None, "text", []])}

    def dump(self, value):
        """As Go, Python, PHP or a pretty printer would write it."""
        kind = self.rng.randrange(8)
        if kind == 0:
            return json.dumps(value)
        if kind == 1:
            return json.dumps(value).replace("/", "\\/")
        if kind == 2:
            return json.dumps(value, ensure_ascii=False, indent=self.pick([0, 2, "\t"]))
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    # ------------------------------------------------------------------------------------- shapes

    def bare(self):
        return self.dump(self.response())

    def line(self):
        rng = self.rng
        response = self.response()
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3, 4, 5))):
            response = self.dump(response)
        if isinstance(response, str) and rng.random() < 0.2:
            response = self.mangled(response)
        members = [("time", TIME), ("action", self.pick(ACTIONS)), ("response", response)]
        if rng.random() < 0.6:
            members.append(("service", self.pick([*SERVICES, "\ud800", 5, ""])))
        else:
            host = f"{self.pick(SERVICES)}.tencentcloudapi.com"
            members.append((self.pick(["host", "endpoint"]),
                            self.pick([host, "https://" + host + "/", "a.b", "\udfff"])))
        rng.shuffle(members)
        return self.dump(dict(members))

    def mangled(self, text):
        at = self.rng.randrange(len(text) + 1)
        return self.rng.choice((text[:at], text[at:], text + "x", text.replace("Error", "nul", 1),
                                '"' + text))

    def sts(self):
        return self.dump({"Error": {"Code": self.pick(CODES), "Message": "m"}, "RequestId": self.id()})

    def audit(self):
        return self.dump(self.audit_event())

    def audit_event(self):
        event = {
            "eventName": self.pick(ACTIONS), "requestID": self.id(), "apiVersion": "3.0",
            "errorCode": self.pick(["0", 0, "", 4102]),
            "errorMessage": self.pick(["permission verify", "", "InternalError"]),
            "apiErrorCode": self.pick([0, "", "InternalError"]),
            "apiErrorMessage": self.pick(["", *CODES, None, "\ud800"]),
            "eventSource": self.pick(["teo.tencentcloudapi.com", "cvm.api.tencentyun.com/v2", "x", 3]),
            "resourceType": self.pick([*SERVICES, "", 1]), "eventRegion": "ap-shanghai",
            "eventTime": 1743039905,
        }
        if self.rng.random() < 0.1:
            del event[self.pick(list(event))]
        return event

    def audit_answer(self):
        events = [{"CloudAuditEvent": json.dumps(self.audit_event())} for _ in range(self.rng.randrange(3))]
        return self.dump({"Response": {"Events": events, "RequestId": self.id()}})

    def api2(self):
        value = {"code": self.pick([0, 4102, "5100"]), "message": self.pick(MESSAGES),
                 "codeDesc": self.pick(["Success", "SecretidNotAuthAccessResource", *CODES])}
        return self.dump(value) if self.rng.random() < 0.5 else f"Exception: {value}"

    def dnspod(self):
        return self.dump({"status": {"code": self.pick(["1", "-1", "8", 1, ""]), "message": "m",
                                     "created_at": TIME}})

    def aws(self):
        record = {"eventVersion": "1.08", "eventSource": self.pick(["s3.amazonaws.com", "x",
                                                                    ".amazonaws.com"]),
                  "eventName": self.pick(ACTIONS), "awsRegion": "us-east-1", "requestID": self.id()}
        if self.rng.random() < 0.6:
            record["errorCode"] = self.pick(["AccessDenied", *CODES, "\ud800"])
        if self.rng.random() < 0.2:
            return self.dump({"Records": [record, self.pick([record, record, {}, 5,
                                                             {**record, "eventName": "B"}])]})
        return self.dump(record)

    def vendors(self):
        rng = self.rng
        code = rng.choice(CODES)
        return self.dump(rng.choice([
            {"eventId": "e", "eventName": "A1", "serviceName": "Ecs", "eventVersion": 1, "errorCode": code},
            {"RequestId": "A-1", "Code": code, "Message": "m",
             "HostId": rng.choice(["alidns.aliyuncs.com", "x"])},
            {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}},
            {"error": {"code": code, "message": "m"}}, {"error": {"code": code, "message": "m", "type": "t"}},
            {"protoPayload": {"methodName": "v1.insert", "serviceName": "compute",
                              "status": {"code": rng.randrange(20)}}},
            {"protoPayload": {"methodName": "v1.insert", "serviceName": "compute", "status": {}}},
            {"ResponseMetadata": {"RequestId": "1", "Action": "A1", "Service": "DNS",
                                  "Error": {"Code": code}}},
            {"ResponseMetadata": {"RequestId": "1", "Action": "A1"}},
        ]))

    def sdk(self):
        """What SDKs print; a template, its blanks and what may be missing."""
        rng = self.rng
        code, message, request_id = rng.choice(CODES).strip(), rng.choice(MESSAGES), self.id()
        text = rng.choice((
            f"[TencentCloudSDKError] Code={code}, Message={message}, RequestId={request_id}",
            f"[TencentCloudSDKError] Code={code}, Message={message}",
            f"[TencentCloudSDKError] Code = {code},\n Message = {message},\n RequestId = {request_id}",
            f"[TencentCloudSDKException] code:{code} message:{message} requestId:{request_id}",
            f"[TencentCloudSDKException]code: {code} message:{message} requestId:{request_id}",
            f"[TencentCloudSDKException]message:{code}-{message} requestId:{request_id}",
            f"RequestId={request_id}, ErrorCode={code}, ErrorMessage={message}",
            f"{{'Error': {{'Code': '{code}', 'Message': '{message}'}}, 'RequestId': '{request_id}'}}",
            f"Code={code}, Message={message}, RequestId={request_id}",
            f"(code:{code} message:{message} )", f"code:{code} message:{message}",
            f"[code={code},msg={message}]",
            f"{{ Error: {message}\n  requestId: '{request_id}',\n  code: 'ETIMEDOUT',\n  code: '{code}' }}",
            f"  code: '{code}' }}", f"Service error: {code}:{message}",
            f"An error occurred ({code}) when calling the {rng.choice(ACTIONS)} operation: {message}",
            f"operation error S3: {rng.choice(ACTIONS)}, https response error StatusCode: 403, "
            f"RequestID: {request_id}, HostID: h, api error {code}: {message}",
            f"api error {code}: {message}",
            f"error: {code}: {message} status code: 403, request id: {request_id}",
            f"HTTP Status: 404 Error:{code} {message} RequestID: {request_id}",
            f"ErrorCode: {code}\nRecommend: https://x\nRequestId: {request_id}",
            f'Code="{code}" Message="{message}"',
        ))
        return self.hinted(text)

    def hinted(self, text):
        rng = self.rng
        action, service = rng.choice(ACTIONS), rng.choice(SERVICES)
        host = f"{service}.{rng.choice(('', 'ap-guangzhou.'))}tencentcloudapi.com"
        head = rng.choice((
            "", "", "", "E1125 x.go:1] ", f"sdk request '{service}.{action}': ",
            f"[CRITAL]1-2 api[{action}] fail, reason[",
            f"POST https://{host}/ ", f"Host: {host}\r\nX-TC-Action: {action}\r\n",
            f"tccli {service} {action}\n",
            f'request body [{{"InstanceId":"i"}}], ', "Code=, ", "Error: ",
        ))
        return head + text + rng.choice(("", "", "", "]", ", cost 12.3ms", f" (host {host}, region:[ap-x])"))

    def terraform(self):
        action, service = self.pick(ACTIONS), self.pick(SERVICES)
        return (f'######[DEBUG]tencentcloud-sdk-go: [{action}], request: {{"A":"{{x}}"}}, '
                f"(host {service}.tencentcloudapi.com, region:[ap-guangzhou]); "
                f"response:{self.dump(self.response())},cost 73.3ms")

    def several(self):
        glue = self.pick([" ", "\n", "", ", ", "x {y} ", " } "])
        return glue.join(self.call() for _ in range(self.rng.choice((2, 2, 3))))

    def noise(self):
        return self.pick(NOISE)

    def call(self):
        return self.pick([self.bare, self.line, self.line, self.sts, self.audit, self.audit_answer, self.api2,
                          self.dnspod,
                          self.aws, self.vendors, self.sdk, self.sdk, self.terraform])()

    # ------------------------------------------------------------------------------------ loggers

    def logged(self):
        rng = self.rng
        kind = rng.random()
        text = self.noise() if kind < 0.1 else self.several() if kind < 0.2 else self.call()
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 3, 6))):
            if len(text) < GROWING_MAX:
                text = self.in_logger(text)
        return text

    def in_logger(self, text):
        rng = self.rng
        try:
            value = json.loads(text) if rng.random() < 0.3 else text
        except ValueError:
            value = text
        kind = rng.randrange(9)
        if kind == 0:
            return "2026/11/25 09:00:00 main.go:7: " + text
        if kind == 1:
            return json.dumps(text)[1:-1]  # escaped, without the quotes
        if kind == 2:
            return "got " + json.dumps(text)[1:-1].replace('\\"', "\\u0022") + ' "end"'
        if kind == 3:
            return json.dumps(text)
        if kind == 4:
            return self.dump([value, {"x": 1}])
        member = {"msg": value}
        if kind == 5:
            member = {"level": "info", "err": {"detail": value, "at": "x"}}
        elif kind == 6:
            member = {"level": "error", "msg": "failed", "n": 5, "error": value, "again": text}
        elif kind == 7:
            member = {"a": {"b": {"c": value}}, "msg": self.pick(MESSAGES)}
        return self.pick(["", "", "api-1 | "]) + self.dump(member)


def wrapped(text, rng):
    """The text in a wrapper -> lines."""
    kind = rng.randrange(10)
    pieces = [text]
    if rng.random() < 0.3 and kind < 5:
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.choice((1, 1, 2))))
        pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)])]
    stream = rng.choice(("stdout", "stderr"))
    last = len(pieces) - 1
    if kind < 3:
        return [dump_docker(piece + ("\n" if number == last else ""), stream) for number,
                piece in enumerate(pieces)]
    if kind < 5:
        full = rng.choice(("F", "F", "F:x"))
        return [f"{TIME} {stream} {full if number == last else 'P'} {piece}" for number,
                piece in enumerate(pieces)]
    if kind == 5:
        data = rng.choice(("-", '[a b="c"]', '[a@1 b="\\]"][x]', "- -"))
        mark = rng.choice(("", "", "\ufeff"))
        return [f"<165>1 {TIME} host app {rng.choice(('-', '12'))} ID7 {data} {mark}{text}"]
    if kind == 6:
        day = rng.choice(("Oct 11", "Feb  1", "Foo 11"))
        return [f"{rng.choice(('<34>', ''))}{day} 22:14:15 host app[1]: {text}"]
    if kind == 7:
        return [f"{rng.choice(('<34>', ''))}{TIME} host app: {text}"]
    message = text if kind == 8 else list(text.encode("utf-8", "replace"))
    return [json.dumps({"__REALTIME_TIMESTAMP": "1655046591494032", "_PID": "1", "MESSAGE": message})]


def dump_docker(text, stream):
    record = {"log": text, "stream": stream, "time": TIME}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


NOTABLE = [b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b" ", b"\t", b"\r", b"\n", b"\0", b"0", b"n",
           b"\xff", b"\xed\xa0\x80",
           b"\\u", b"\\ud800", b"null", b"NaN", b"{}", b'{"', b"\\n", b'\\"', b"'", b"Code=", b'"Response":',
           b"=", b"\xef\xbb\xbf"]


def mutate(line, rng):
    start = rng.randrange(len(line) + 1)
    end = min(len(line), start + rng.choice((1, 1, 2, 4, 16)))
    kind = rng.randrange(8)
    if kind == 0:
        return line[:start] + rng.choice(NOTABLE) + line[start:]
    if kind == 1:
        return line[:start] + line[end:]
    if kind == 2:
        return line[:start] + rng.choice(NOTABLE) + line[end:]
    if kind == 3:
        return line + rng.choice((b"", b" ", b"\n")) + line
    if kind == 4:
        return json.dumps(line.decode("utf-8", "replace"), ensure_ascii=False).encode()[1:-1]
    if kind == 5:
        return line[:start] + bytes([rng.randrange(256)]) + line[end:]
    return line[:start] if rng.random() < 0.6 else line[start:]


LOG_BYTES_MAX = 900_000  # less than the program reads at a time, where a record that is open would end


def make_log(rng, lines):
    """A log of about so many lines."""
    shapes, made, count, size = Shapes(rng), [], 0, 0
    while count < lines and size < LOG_BYTES_MAX:
        texts = [shapes.logged()]
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3, 5))):
            if max(map(len, texts)) < GROWING_MAX:
                texts = [line for text in texts for line in wrapped(text, rng)]
        for text in texts:
            line = text.encode("utf-8", "backslashreplace")
            if rng.random() < 0.5:
                for _ in range(rng.choice((1, 1, 1, 2, 4))):
                    line = mutate(line, rng)
            if len(line) > LINE_BYTES_MAX:
                continue
            made.append(line)
            size += len(line)
            count += 1 + line.count(b"\n")
    data = b"".join(line + rng.choice((b"\n",) * 9 + (b"\r\n",)) for line in made)
    return data if rng.random() < 0.5 else data.removesuffix(b"\n")
