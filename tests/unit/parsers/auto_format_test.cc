// What `auto` makes of the shapes calls are logged in; docs/formats.md has the table.
#include <gtest/gtest.h>

#include "parsers/call_parser.h"
#include "parsers/flat_tree.h"
#include "parsers/format_reader.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

class AutoFormatTest : public testing::Test {
 protected:
  Verdict parse(std::string_view line) {
    line_ = std::make_unique<test::Padded>(line);
    return parser.parse(line_->view(), format, &catalog);
  }
  const ApiCall& call() const { return parser.call(); }
  // "format service/action code", for each call on the line.
  std::string seen(std::string_view line) {
    std::string out(parse(line) == Verdict::kRecord ? "" : "none");
    for (const ApiCall& call : parser.calls()) {
      if (!out.empty()) out += "; ";
      out.append(call.origin.format).append(" ").append(call.service).append("/");
      out.append(call.action).append(" ").append(call.failed() ? call.code : "ok");
    }
    return out;
  }

  const Catalog catalog = builtin_catalog();
  SourceFormat format = *source_format("auto", builtin_formats());
  CallParser parser;

 private:
  std::unique_ptr<test::Padded> line_;
};

TEST_F(AutoFormatTest, TheDefaultFormatIsOneOfThem) {
  EXPECT_EQ(
      seen(R"({"service":"cvm","action":"A","response":{"Response":{"Error":{"Code":"X.Y"}}}})"),
      "tencentcloud cvm/A X.Y");
  EXPECT_EQ(seen(R"({"Response":{"RequestId":"r"}})"), "tencentcloud unknown/unknown ok");
}

TEST_F(AutoFormatTest, ResponsesInALoggersFields) {
  EXPECT_EQ(seen(R"({"level":"info","ts":1795424400,"resp":{"Response":{}}})"),
            "tencentcloud unknown/unknown ok");
  EXPECT_EQ(call().time_unix_ns, 1'795'424'400'000'000'000);
  EXPECT_EQ(
      seen(R"({"level":"error","msg":"[TencentCloudSDKError] Code=X.Y, Message=m, RequestId=r"})"),
      "tencentcloud-sdk unknown/unknown X.Y");
  EXPECT_EQ(parser.nesting().fields[0], "msg");
  EXPECT_EQ(seen(R"({"msg":"got {\"Response\":{\"Error\":{\"Code\":\"X.Y\"}}}"})"),
            "tencentcloud unknown/unknown X.Y");
  EXPECT_EQ(seen(R"({"a":{"b":{"c":{"Response":{}}}}})"), "none");  // too far down to be an answer
}

TEST_F(AutoFormatTest, EnvelopesInStringsOfStrings) {
  EXPECT_EQ(
      seen(R"({"response":"\"{\\\"Response\\\":{\\\"Error\\\":{\\\"Code\\\":\\\"X.Y\\\"}}}\""})"),
      "tencentcloud unknown/unknown X.Y");
  EXPECT_EQ(seen(R"(body={\"Response\":{\"Error\":{\"Code\":\"X.Y\"}}}" end)"),
            "tencentcloud unknown/unknown X.Y");
  EXPECT_EQ(
      seen(
          R"(body={\u0022Response\u0022:{\u0022Error\u0022:{\u0022Code\u0022:\u0022X\/Y\u0022}}})"),
      "tencentcloud unknown/unknown X/Y");
}

TEST_F(AutoFormatTest, RequestAndResponseOnOneLine) {
  EXPECT_EQ(
      seen(
          R"(######[DEBUG]tencentcloud-sdk-go: [DescribeInstances], request: {"Limit":1}, )"
          R"((host cvm.tencentcloudapi.com, region:[ap-guangzhou]); response:{"Response":{}},cost 73.3ms)"),
      "tencentcloud cvm/DescribeInstances ok");
  EXPECT_EQ(call().region, "ap-guangzhou");
  EXPECT_EQ(call().latency_ns, 73'300'000);
  EXPECT_EQ(call().origin.action_rule, "tencentcloud-sdk-go: [{action}]");
}

TEST_F(AutoFormatTest, SeveralResponsesOnALineAreSeveralCalls) {
  EXPECT_EQ(seen(R"({"Response":{}} {"Response":{"Error":{"Code":"X"}}})"),
            "tencentcloud unknown/unknown ok; tencentcloud unknown/unknown X");
  EXPECT_EQ(seen(R"([{"Response":{}},{"Response":{"Error":{"Code":"X"}}},7])"),
            "tencentcloud unknown/unknown ok; tencentcloud unknown/unknown X");
}

TEST_F(AutoFormatTest, ErrorsOfTheSdks) {
  for (const char* line :
       {"[TencentCloudSDKError] Code=X.Y, Message=m, RequestId=r",
        "[TencentCloudSDKError] Code=X.Y, Message=m",
        "[TencentCloudSDKException] code:X.Y message:m requestId:None",
        "[TencentCloud\\Common\\Exception\\TencentCloudSDKException] code:X.Y message:m "
        "requestId:r",
        "[TencentCloudSDKException]code: X.Y message:m requestId:r",
        "[TencentCloudSDKException]message:X.Y-m requestId:r",
        "RequestId=r, ErrorCode=X.Y, ErrorMessage=m", "RequestId=, ErrorCode=X.Y, ErrorMessage=m",
        "rpc error: code = InvalidArgument desc = [TencentCloudSDKError] Code=X.Y, Message=m, "
        "RequestId=r",
        "{'Response': {'Error': {'Code': 'X.Y', 'Message': 'm'}, 'RequestId': 'r'}}"}) {
    EXPECT_EQ(seen(line), "tencentcloud-sdk unknown/unknown X.Y") << line;
  }
  EXPECT_EQ(seen("[TencentCloudSDKException]message:AuthFailure.UnauthorizedOperation-You may not. "
                 "[[request id:x]you are not authorized to perform operation (sms:SendSms)"),
            "tencentcloud-sdk sms/SendSms AuthFailure.UnauthorizedOperation");
}

TEST_F(AutoFormatTest, WeakTemplatesTakeKnownCodesOnly) {
  EXPECT_EQ(seen("  code: 'InternalError' }"), "tencentcloud-sdk unknown/unknown InternalError");
  EXPECT_EQ(seen("  code: 'ECONNREFUSED',"), "none");
}

TEST_F(AutoFormatTest, ACodeInAMessageIsNoCode) {
  EXPECT_EQ(seen("Error: [TencentCloudSDKError] Code=FailedOperation.CvmCommon, "
                 "Message=DashboardError,Code : "
                 "-130000 , Msg : CVM_COMMON_ERROR[ResourceUnavailable.InstanceType:no], err : "
                 "nil, RequestId=r"),
            "tencentcloud-sdk unknown/unknown FailedOperation.CvmCommon");
}

TEST_F(AutoFormatTest, TheSameErrorTwiceInARecordCountsOnce) {
  const std::string error = "[TencentCloudSDKError] Code=X, Message=m, RequestId=r";
  EXPECT_EQ(seen(error + "; caused by " + error), "tencentcloud-sdk unknown/unknown X");
  EXPECT_EQ(seen(error + "; then [TencentCloudSDKError] Code=X, Message=m, RequestId=s"),
            "tencentcloud-sdk unknown/unknown X; tencentcloud-sdk unknown/unknown X");
}

TEST_F(AutoFormatTest, AnAuditRecordsCodeIsInItsMessage) {
  const std::string record =
      R"({"eventName":"CreateDnsRecord","requestID":"r","apiVersion":"3.0","errorCode":"0",)"
      R"("errorMessage":"permission verify","eventSource":"teo.tencentcloudapi.com","resourceType":"x",)";
  EXPECT_EQ(seen(record +
                 R"("apiErrorCode":0,"apiErrorMessage":"InvalidParameterValue.InvalidDNSName"})"),
            "tencentcloud-audit teo/CreateDnsRecord InvalidParameterValue.InvalidDNSName");
  EXPECT_EQ(seen(record + R"("apiErrorCode":0,"apiErrorMessage":""})"),
            "tencentcloud-audit teo/CreateDnsRecord ok");
  format = *source_format("tencentcloud-audit", builtin_formats());
  EXPECT_EQ(
      seen(R"({"Response":{"Events":[{"CloudAuditEvent":"{\"eventName\":\"A\",\"requestID\":\"r\",)"
           R"(\"apiVersion\":\"3.0\",\"errorCode\":0,\"apiErrorCode\":\"\"}"}]}})"),
      "tencentcloud-audit unknown/A ok");
  EXPECT_EQ(parse(R"({"Response":{"Events":[{"CloudAuditEvent":"{\"a\":\"{\"b\":1}\"}"}]}})"),
            Verdict::kInvalidResponse);
}

TEST_F(AutoFormatTest, OtherVendors) {
  EXPECT_EQ(
      seen(
          R"({"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"Get","awsRegion":"r",)"
          R"("errorCode":"AccessDenied"})"),
      "aws-cloudtrail aws/s3/Get AccessDenied");
  EXPECT_EQ(seen("An error occurred (AccessDenied) when calling the GetObject operation: no"),
            "aws-sdk aws/unknown/GetObject AccessDenied");
  EXPECT_EQ(
      seen(
          "error requesting credentials: AccessDenied: not you\n\tstatus code: 403, request id: r"),
      "aws-sdk aws/unknown/unknown AccessDenied");
  EXPECT_EQ(
      seen(
          R"(response='{"RequestId":"R","HostId":"alidns.aliyuncs.com","Code":"A.B","Message":"m"}')"),
      "alibabacloud-error alibabacloud/alidns/unknown A.B");
  EXPECT_EQ(seen(R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}})"),
            "googlecloud-error googlecloud/unknown/unknown RESOURCE_EXHAUSTED");
  EXPECT_EQ(seen(R"({"protoPayload":{"methodName":"M","serviceName":"S","status":{"code":7}}})"),
            "googlecloud-audit googlecloud/S/M PERMISSION_DENIED");
  EXPECT_EQ(seen(R"({"protoPayload":{"methodName":"M","serviceName":"S","status":{}}})"),
            "googlecloud-audit googlecloud/S/M ok");
  EXPECT_EQ(
      seen(
          R"(HTTPStatusCode: 403, RawError: {"error":{"code":"AuthorizationFailed","message":"m"}})"),
      "azure-error azure/unknown/unknown AuthorizationFailed");
  EXPECT_EQ(
      seen(
          R"({"ResponseMetadata":{"RequestId":"r","Action":"A","Service":"DNS","Error":{"Code":"X"}}})"),
      "volcengine volcengine/DNS/A X");
}

TEST_F(AutoFormatTest, WhatIsNoCallAndWhatIsBroken) {
  EXPECT_EQ(parse("2026-11-23 started"), Verdict::kNotApiCall);
  EXPECT_EQ(parse("void f() {"), Verdict::kNotApiCall);
  EXPECT_EQ(parse("{ Error: An internal error has occurred."), Verdict::kNotApiCall);
  EXPECT_EQ(parse(R"({"level":"info","msg":"started"})"), Verdict::kNotApiCall);
  EXPECT_EQ(parse(R"(sdk: {"Response":null})"), Verdict::kNotApiCall);
  EXPECT_EQ(parse(R"({"Response":{)"), Verdict::kInvalidJson);
  EXPECT_EQ(parse(R"(response='{"Response":{"Error":{"Code":"Missing)"), Verdict::kInvalidJson);
  EXPECT_EQ(parse("text \xFF"), Verdict::kInvalidUtf8);
  EXPECT_EQ(parse("  "), Verdict::kBlank);
}

TEST_F(AutoFormatTest, ErrorLikeFieldsOfSuccesses) {
  EXPECT_EQ(
      seen(
          R"({"Response":{"ErrorCode":"X","Code":7,"Error":"text","Errors":[{"Code":"X"}],"RequestId":"r"}})"),
      "tencentcloud unknown/unknown ok");
  EXPECT_EQ(seen(R"({"Response":{"Error":{"Code":"","Message":""},"RequestId":"r"}})"),
            "tencentcloud unknown/unknown ok");
}

TEST_F(AutoFormatTest, FailedItemsAreCountedOnlyWhereASourceSaysSo) {
  const char* const line =
      R"({"Response":{"SendStatusSet":[{"Code":"Ok"},{"Code":"LimitExceeded.X"}],"RequestId":"r"}})";
  ASSERT_EQ(parse(line), Verdict::kRecord);
  EXPECT_TRUE(call().failed_items.empty());
  ItemRule rule;
  rule.list = *parse_json_pointer("/Response/SendStatusSet");
  rule.code.at = *parse_json_pointer("/Code");
  rule.success_codes = {"Ok"};
  format.item_rules = {rule};
  ASSERT_EQ(parse(line), Verdict::kRecord);
  EXPECT_FALSE(call().failed());
  EXPECT_EQ(call().failed_items, std::vector<std::string_view>{"LimitExceeded.X"});
}

TEST(BuiltinFormats, AreInOrder) {
  std::vector<LogFormat> formats;
  std::vector<Error> errors;
  for (const EmbeddedFile& file : builtin_format_files()) {
    read_format_file(read_flat_tree(file.bytes).root, std::string(file.path), formats, errors);
  }
  for (const Error& error : errors) ADD_FAILURE() << error.text();
  EXPECT_EQ(formats.size(), builtin_formats().size());
  EXPECT_EQ(formats.front().name, "tencentcloud");
}

TEST(FormatReader, NamesWhatIsWrong) {
  const auto complaint = [](std::string_view text) {
    std::vector<LogFormat> formats;
    std::vector<Error> errors;
    read_format_file(text, "f.yaml", formats, errors);
    return errors.empty() ? std::string("none") : errors[0].text();
  };
  const std::string head = "schema: 1\nformats:\n  - name: a\n";
  EXPECT_EQ(complaint(head + "    json: [{requires: [/a], code: /b}]\n"), "none");
  EXPECT_EQ(complaint(head),
            "format 'a' recognises nothing: f.yaml:3:5: it needs 'json' or 'errors'");
  EXPECT_NE(complaint(head + "    errors: ['{code} x']\n").find("a template begins with text"),
            std::string::npos);
  EXPECT_NE(complaint(head + "    errors: ['failed: {service}']\n").find("takes no {code}"),
            std::string::npos);
  EXPECT_NE(complaint(head + "    json: [{code: /b}]\n").find("a shape needs 'requires'"),
            std::string::npos);
  EXPECT_NE(complaint(head + "    json: [{requires: [a], code: /b}]\n").find("no JSON Pointer"),
            std::string::npos);
  EXPECT_NE(complaint(head + "    jsn: []\n").find("did you mean 'json'?"), std::string::npos);
  EXPECT_NE(complaint("schema: 1\nformats:\n  - name: A b\n").find("cannot be a format's name"),
            std::string::npos);
}

}  // namespace
}  // namespace apierrd
