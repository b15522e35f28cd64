// A client in miniature: only what the importer reads is in the form of the real one.
package v1

const APIVersion = "x"

func NewBrewPotRequest() (request *BrewPotRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "BrewPot")
    return
}

// BrewPot
// Puts a pot on.
//
// Mind:
//  NOTACODE = "Not.In.The.List"
//
// 可能返回的错误码:
//  INTERNALERROR = "InternalError"
//  INVALIDPARAMETER_CUPTOOSMALL = "InvalidParameter.CupTooSmall"
func (c *Client) BrewPot(request *BrewPotRequest) (response *BrewPotResponse, err error) {
    return c.BrewPotWithContext(context.Background(), request)
}

// BrewPot
// Puts a pot on.
//
// Mind:
//  NOTACODE = "Not.In.The.List"
//
// 可能返回的错误码:
//  INTERNALERROR = "InternalError"
//  INVALIDPARAMETER_CUPTOOSMALL = "InvalidParameter.CupTooSmall"
func (c *Client) BrewPotWithContext(ctx context.Context, request *BrewPotRequest) (response *BrewPotResponse, err error) {
    return
}

func NewListLeavesRequest() (request *ListLeavesRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "ListLeaves")
    return
}

// ListLeaves
// Lists leaves; documents no code.
//
// 可能返回的错误码:
func (c *Client) ListLeaves(request *ListLeavesRequest) (response *ListLeavesResponse, err error) {
    return c.ListLeavesWithContext(context.Background(), request)
}

// ListLeaves
// Lists leaves; documents no code.
//
// 可能返回的错误码:
func (c *Client) ListLeavesWithContext(ctx context.Context, request *ListLeavesRequest) (response *ListLeavesResponse, err error) {
    return
}

func NewStopPotRequest() (request *StopPotRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "StopPot")
    return
}

// StopPot
// Has no list at all.
func (c *Client) StopPot(request *StopPotRequest) (response *StopPotResponse, err error) {
    return c.StopPotWithContext(context.Background(), request)
}

// StopPot
// Has no list at all.
func (c *Client) StopPotWithContext(ctx context.Context, request *StopPotRequest) (response *StopPotResponse, err error) {
    return
}
