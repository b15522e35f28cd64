package common

func CompleteCommonParams() {
    params["RequestClient"] = "SDK_GO_1.2.3"
}
