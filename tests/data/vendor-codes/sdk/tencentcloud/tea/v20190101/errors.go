package v1

const (
	// codes of this product only

	// what it means, also "quoted".
	INTERNALERROR = "InternalError"

	// what it means, also "quoted".
	INVALIDPARAMETER_CUPTOOSMALL = "InvalidParameter.CupTooSmall"

	// what it means, also "quoted".
	RESOURCENOTFOUND_LEAF = "ResourceNotFound.Leaf"
)
