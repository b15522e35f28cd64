package v1

const (
	// codes of this product only

	// what it means, also "quoted".
	INTERNALERROR = "InternalError"

	// what it means, also "quoted".
	FAILEDOPERATION_POTCRACKED = "FailedOperation.potCracked"

	// what it means, also "quoted".
	FAILEDOPERATION_POTCRACKED = "FailedOperation.PotCracked"

	// what it means, also "quoted".
	UNSUPPORTEDOPERATION_NOT_SUPPORT_THIS = "UnsupportedOperation.NOT_SUPPORT_THIS"

	// what it means, also "quoted".
	INVALIDPARAMETER_ = "InvalidParameter."
)
