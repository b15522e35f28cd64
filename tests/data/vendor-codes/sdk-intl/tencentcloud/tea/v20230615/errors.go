package v1

const (
	// codes of this product only

	// what it means, also "quoted".
	INTERNALERROR = "InternalError"

	// what it means, also "quoted".
	LIMITEXCEEDED_POTS = "LimitExceeded.Pots"
)
