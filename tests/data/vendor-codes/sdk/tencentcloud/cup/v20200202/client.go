// A client in miniature: only what the importer reads is in the form of the real one.
package v1

const APIVersion = "x"

func NewAddCupRequest() (request *AddCupRequest) {
    request.Init().WithApiInfo("cup", APIVersion, "AddCup")
    return
}

// AddCup
// A package without errors.go.
func (c *Client) AddCup(request *AddCupRequest) (response *AddCupResponse, err error) {
    return c.AddCupWithContext(context.Background(), request)
}

// AddCup
// A package without errors.go.
func (c *Client) AddCupWithContext(ctx context.Context, request *AddCupRequest) (response *AddCupResponse, err error) {
    return
}
