// A client in miniature: only what the importer reads is in the form of the real one.
package v1

const APIVersion = "x"

func NewWashPotRequest() (request *WashPotRequest) {
    request.Init().WithApiInfo("tea", APIVersion, "WashPot")
    return
}

// WashPot
// Washes it.
//
// error code that may be returned:
//  LIMITEXCEEDED_POTS = "LimitExceeded.Pots"
func (c *Client) WashPot(request *WashPotRequest) (response *WashPotResponse, err error) {
    return c.WashPotWithContext(context.Background(), request)
}

// WashPot
// Washes it.
//
// error code that may be returned:
//  LIMITEXCEEDED_POTS = "LimitExceeded.Pots"
func (c *Client) WashPotWithContext(ctx context.Context, request *WashPotRequest) (response *WashPotResponse, err error) {
    return
}
