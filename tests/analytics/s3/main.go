// An S3-compatible server in memory, which prints its address. It makes each bucket on its first use.
package main

import (
	"fmt"
	"net"
	"net/http"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	panic(http.Serve(listener, gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server()))
}
