// A client in miniature: only what the importer reads is in the form of the real one.
package v1

const APIVersion = "x"

func NewFillJugRequest() (request *FillJugRequest) {
    request.Init().WithApiInfo("jug", APIVersion, "FillJug")
    return
}

// FillJug
// Only sold abroad.
//
// error code that may be returned:
//  RESOURCEINUSE_JUG = "ResourceInUse.Jug"
func (c *Client) FillJug(request *FillJugRequest) (response *FillJugResponse, err error) {
    return c.FillJugWithContext(context.Background(), request)
}

// FillJug
// Only sold abroad.
//
// error code that may be returned:
//  RESOURCEINUSE_JUG = "ResourceInUse.Jug"
func (c *Client) FillJugWithContext(ctx context.Context, request *FillJugRequest) (response *FillJugResponse, err error) {
    return
}
