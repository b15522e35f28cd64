// A client in miniature: only what the importer reads is in the form of the real one.
package v1

const APIVersion = "x"

func NewBrewPotRequest() (request *BrewPotRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "BrewPot")
    return
}

// BrewPot
// Puts a pot on, newer.
//
// 可能返回的错误码:
//  FAILEDOPERATION_POTCRACKED = "FailedOperation.potCracked"
//  INTERNALERROR_ONLYINCOMMENT = "InternalError.OnlyInComment"
//  BROKEN = "{\"
func (c *Client) BrewPot(request *BrewPotRequest) (response *BrewPotResponse, err error) {
    return c.BrewPotWithContext(context.Background(), request)
}

// BrewPot
// Puts a pot on, newer.
//
// 可能返回的错误码:
//  FAILEDOPERATION_POTCRACKED = "FailedOperation.potCracked"
//  INTERNALERROR_ONLYINCOMMENT = "InternalError.OnlyInComment"
//  BROKEN = "{\"
func (c *Client) BrewPotWithContext(ctx context.Context, request *BrewPotRequest) (response *BrewPotResponse, err error) {
    return
}

func NewWashPotRequest() (request *WashPotRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "WashPot")
    return
}

// WashPot
// Washes it.
//
// 可能返回的错误码:
//  INTERNALERROR = "InternalError"
//  INVALIDPARAMETER_CUPTOOSMALL = "InvalidParameter.CupTooSmall"
//  FAILEDOPERATION_POTCRACKED = "FailedOperation.PotCracked"
//  UNSUPPORTEDOPERATION_NOT_SUPPORT_THIS = "UnsupportedOperation.NOT_SUPPORT_THIS"
func (c *Client) WashPot(request *WashPotRequest) (response *WashPotResponse, err error) {
    return c.WashPotWithContext(context.Background(), request)
}

// WashPot
// Washes it.
//
// 可能返回的错误码:
//  INTERNALERROR = "InternalError"
//  INVALIDPARAMETER_CUPTOOSMALL = "InvalidParameter.CupTooSmall"
//  FAILEDOPERATION_POTCRACKED = "FailedOperation.PotCracked"
//  UNSUPPORTEDOPERATION_NOT_SUPPORT_THIS = "UnsupportedOperation.NOT_SUPPORT_THIS"
func (c *Client) WashPotWithContext(ctx context.Context, request *WashPotRequest) (response *WashPotResponse, err error) {
    return
}
