#!/usr/bin/env python3
"""parsers/catalogs/rules.yaml over the vendor's real codes: whose fault each is, judged one by one.

The matching is that of tests/support/code_rules.py, written from the description alone.
"""
import collections
import os
import pathlib
import sys

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(ROOT / "tests" / "support"))
from code_rules import Meaning, all_codes, load, words_of  # noqa: E402

FIELDS = {"fault_domain": {"caller", "credential", "permission", "quota", "business", "resource", "vendor",
                           "network", "none", "unknown"},
          "retryable": {"no", "backoff", "later", "after_fix"}, "severity": {"critical", "warning", "info"}}
WORDS = {"CamNoAuth": "cam no auth", "DBError": "db error", "InstanceIDs": "instance i ds", "SYS_ERR": "sys err",
         "Ipv6Quota": "ipv6 quota", "X509CertificateLimit": "x509 certificate limit", "IPv6": "i pv6",
         "dealCreateWhitelistError": "deal create whitelist error", "Domain.UnExist": "domain un exist",
         "L4LackOfResources": "l4 lack of resources", "RequestLimitExceeded30S": "request limit exceeded30 s",
         "RRPCTimeout": "rrpc timeout", "ABC2DEf": "abc2 d ef"}

# What a code of a service without a catalog of its own means. Real codes; the traps stand beside the plain cases.
EXPECTED = {
    "business": """
        FailedOperation.BalanceInsufficient UnsupportedOperation.BalanceLess InvalidAccount.InsufficientBalance
        OperationDenied.InsufficientBalance LimitExceeded.InsufficientBalance InternalError.InsufficientBalance
        InternalError.NotEnoughMoneyError InvalidParameterValue.BalanceNotEnough AuthFailure.UserStopArrear
        InvalidAddressIdState.InArrears ResourceInsufficient.Balance ResourceUnavailable.BalanceInsufficient
        UnsupportedOperation.PkgExhausted FailedOperation.NoFreeAmount FailedOperation.BanlanceNotEnoughError
        UnsupportedOperation.InstanceStateArrears LimitExceeded.BasePackageExpired UnauthorizedOperation.Arrears
        FailedOperation.FreeQuotaExhausted UnauthorizedOperation.NoPermissionToPay InvalidAccount.UnpaidOrder
        AuthFailure.UnRealNameAuthenticated UnauthorizedOperation.NotCertification FailedOperation.NoRealNameAuth
        UnauthorizedOperation.UserHasNoRealnameAuthentication FailedOperation.UserNotRegistered
        FailedOperation.ServiceNotOpen UnauthorizedOperation.ClsServiceNotActivated AuthFailure.ErrCodeNoPurchased
        FailedOperation.ServiceIsolate UnauthorizedOperation.CdnUserIsSuspended UnsupportedOperation.AccountFrozen""",
    "quota": """
        LimitExceeded.RateLimitExceeded FailedOperation.FrequencyLimit FailedOperation.CallerOverFrequency
        FailedOperation.ReadQpsLimit InvalidParameter.OperationIsTooFrequent UnsupportedOperation.FrequencyLimit
        InvalidParameter.SkillScanRateLimitExceeded RequestLimitExceeded.RotateRateLimited LimitExceeded.Timeout
        LimitExceeded.FunctionReservedConcurrencyMemory LimitExceeded.StudioLoRaFreqExceedLimit OverQuota
        LimitExceeded.SpotQuota ResourceInsufficient.ZoneSoldOutForSpecifiedInstance VpcLimitExceeded
        UnsupportedOperation.ResourcesSoldOut InvalidParameter.InvalidCloudDiskSoldOut InsufficientSnapshotQuota
        OperationDenied.L4LackOfResources ResourcesSoldOut.LoadBalancerSoldOut FailedOperation.QuotaLimitExceeded
        InternalError.QuotaUSGLimit InvalidParameterValue.QuotaExceeded LimitExceeded.MaxSizeLimitExceeded
        LimitExceeded.LimitExceeded AddressQuotaLimitExceeded.DailyAllocate UnsupportedOperation.TooManyTables""",
    "credential": """
        AuthFailure.SignatureExpire AuthFailure.TokenExpired UnauthorizedOperation.MFAExpired AuthFailure.Sign
        InvalidParameter.SecretIdOrSecretKeyError UnknownParameter.SecretIdNotExists
        UnauthorizedOperation.InvalidToken UnauthorizedOperation.CdnUserInvalidCredential""",
    "permission": """
        UnauthorizedOperation.CamNoAuth InternalError.GetRoleError InternalError.CamNoAuth AuthFailure.Forbidden
        AuthFailure.CAMNotAuthorized AuthFailure.UnAuthorizedOperation OperationDenied.NotInWhiteList
        OperationDenied.UserNotInWhitelistError UnauthorizedOperation.PermissionDenied
        ResourcesSoldOut.UnauthorizedOperation FailedOperation.CamAuthFailed UnauthorizedOperation.DeleteFunction
        ResourceUnavailable.InterfaceUnAuthorized Did.PermissionDenied""",
    "resource": """
        OperationDenied.LoadBalanceStatusNotInOnline ResourceInUse.LoadBalancerHasListeners
        FailedOperation.RealServerAlreadyBound InvalidParameter.ActionInProgress InvalidParameter.ResourceLocked
        FailedOperation.ListenerHasTask OperationDenied.InstanceTaskConflictError MutexOperation.TaskRunning
        ResourceUnavailable.InstanceLockedError UnsupportedOperation.LatestOperationUnfinished TradeDealConflict
        FailedOperation.InstanceNotFound InternalError.UserNotExist InvalidParameterValue.KeyPairNotFound
        InvalidInstanceId.NotFound OperationDenied.ResourceNotFundError FailedOperation.Domain.UnExist
        InvalidParameterValue.NetworkInterfaceNotFound ResourceNotFound.ScheduledActionNotFound
        ResourceNotFound.SecretNotExist Credential.CredentialExpired FailedOperation.DomainExists
        InvalidParameterValue.RecordAlreadyExists FailedOperation.RuleNameRepeat InvalidKeyPairName.Duplicate
        UnsupportedOperation.DeletionProtectionEnabled FailedOperation.VpcInUse InternalError.RouteTableNotEmpty
        UnsupportedOperation.AccountNotBound FailedOperation.DeviceResponseTimeOut InvalidImageId.IncorrectState
        OperationDenied.InstanceStatusLimitError ResourceUnavailable.InstanceIsolated
        UnsupportedOperation.InstanceStateStopped UnsupportedOperation.InvalidDiskState ResourceBusy""",
    "vendor": """
        FailedOperation.RatelimitConsulError FailedOperation.GetPrivilegeError AuthFailure.CamException
        InternalError.ServerBusy OperationDenied.ServiceBusy FailedOperation.CheckCosBucketIsExistFailed
        FailedOperation.RequestTimeout InternalError.TimeOut ResourceUnavailable.ErrImageTimeOut
        FailedOperation.DescribeInstanceStatus FailedOperation.DBError UnauthorizedOperation.AccessKmsError
        OperationDenied.InternalTradeErrorErr ResourceUnavailable.KafkaStorageError FailedOperation.CreateUserFailed
        FailedOperation.FailedOperation InternalError.InternalError DBError UnknownError DidSdk.UnknownError
        InternalError.SYS_ERR FailedOperation.SummaryDataNotReady ResourceInsufficient.UpgradeServiceBusy""",
    "caller": """
        InvalidParameter.LoadBalanceInstanceIdIsRequired InvalidParameterValue.SampleRate
        InvalidParameterValue.SiteFailoverNotSupportHostOriginPullRateLimit InvalidFilterValue.LimitExceeded
        InvalidParameterValue.InvalidClientToken FailedOperation.SignatureIncorrectOrUnapproved
        InvalidClientToken.TooLong OperationDenied.NoDomainAccessZoneOnlySupportModifyType
        FailedOperation.PhoneNumberInBlacklist InvalidParameterValue.InvalidParamIsCreateRealTimeSync
        InternalError.AudioProcessingFailed InvalidRegion.NotFound InvalidParameter.ActionNotFound
        FailedOperation.DefineMappingParamRepeat InvalidParameterValue.InstanceIdDuplicated
        InvalidParameterValue.Timeout InvalidParameterValue.QueryTimeOutOfRange FailedOperation.RegionNotSupport
        InternalError.CidrConflictWithOtherCluster InternalError.Param FailedOperation.ParameterError
        InternalError.DomainFormatError UnsupportedOperation.VersionMismatch UnsupportedOperation.TextTooLong
        FailedOperation.ImageDecodeFailed InternalError.ErrorDownFile UnsupportedOperation.InternalUserProperty
        UnsupportedOperation.NOT_SUPPORT_THIS_ACTION RegionAbilityLimit.UnsupportedToImportImage
        LimitExceeded.FilterValuesTooLong Authority.AuthorityNameLengthLong""",
    "none": """
        DryRunOperation.AddTagDryrunError DryRunOperation.DryRunOperationError ResourceNotFound.NoDataOfRecord""",
}
# Codes of nobody's list: the rules hold for them, too.
UNDOCUMENTED = {"LimitExceeded.LoadBalancerQuota": "quota", "InternalError.DataNotFound": "resource",
                "FailedOperation.LoadBalancerBusyBalance": "business", "FailedOperation.New.Thing": "vendor",
                "RequestLimitExceeded.RateLimitExceeded": "quota", "UnknownClass.CamNoAuth": "permission",
                "FailedOperation.NoLoadBalance": "vendor", "failedoperation.balanceinsufficient": "unknown"}


def check_form(document, rules):
    assert list(document) == ["schema", "vendor", "compounds", "rules"] and document["vendor"] == "tencentcloud"
    names = [rule["rule"] for rule in document["rules"]]
    assert len(names) == len(set(names)), names
    for rule in document["rules"]:
        known = {"rule", "classes", "phrases_of_class", "phrases", *FIELDS, "description", "description_zh",
                 "remedy"}
        assert not set(rule) - known and not known - set(rule) - {"classes", "phrases_of_class"}, rule
        for field, values in FIELDS.items():
            assert rule[field] in values, (rule["rule"], field)
        assert all(phrase.isalnum() and phrase.isascii() for phrase in rule["phrases"]), rule["rule"]
        assert len(set(rule["phrases"])) == len(rule["phrases"]), rule["rule"]
    for text, words in WORDS.items():
        assert " ".join(words_of(text)) == words, (text, words_of(text))
    assert rules.joined(words_of("LoadBalanceTimeOut")) == ["loadbalance", "timeout"]


def check_dead_phrases(rules, codes):
    caught = {(rule["rule"], phrase) for rule, phrase in map(rules.match, codes) if rule}
    dead = [f"{rule['rule']}: {phrase}" for rule in rules.rules for phrase in rule["phrases"]
            if (rule["rule"], phrase) not in caught]
    assert not dead, f"phrases that catch no documented code, or only ones caught before: {dead}"


def check_meanings(meaning, codes):
    table = [(code, domain) for domain, text in EXPECTED.items() for code in text.split()]
    assert len({code for code, _ in table}) == len(table) >= 120
    for code, _ in table:
        assert code in codes, f"{code} is no documented code"
    faults = []
    for code, domain in table + list(UNDOCUMENTED.items()):
        decided, entry = meaning.of("unknown", code)
        found = entry["fault_domain"] if entry else "unknown"
        if found != domain:
            faults.append(f"{code}: {found} by {decided} {entry and entry.get('rule')}, not {domain}")
    assert not faults, "\n".join(faults)
    return len(table)


def check_coverage(meaning, codes):
    counts = collections.Counter(meaning.of("unknown", code)[0] for code in codes)
    for decided, count in sorted(counts.items()):
        print(f"{count:6} codes by {decided}")
    assert counts["none"] == 0, [code for code in codes if meaning.of("unknown", code)[0] == "none"]
    assert counts["rule"] >= 4_200, counts


MEANING = Meaning()
CODES = all_codes()
check_form(load("rules.yaml"), MEANING.rules)
check_dead_phrases(MEANING.rules, CODES)
print(f"OK: {check_meanings(MEANING, set(CODES))} codes judged")
check_coverage(MEANING, CODES)
