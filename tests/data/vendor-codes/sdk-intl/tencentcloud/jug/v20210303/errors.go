package v1

const (
	// codes of this product only

	// what it means, also "quoted".
	RESOURCEINUSE_JUG = "ResourceInUse.Jug"
)
