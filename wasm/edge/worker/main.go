//go:build js && wasm

// Command worker is the Cloudflare Worker's Go program: package edge behind syumai/workers.
//
// The runtime starts it anew for every request, so it holds nothing. The engine lives in the JavaScript module around it
// (../js/keeper.mjs), which is reached through the request's context.
package main

import (
	"context"
	"encoding/json"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/kv"

	"graft/wasm/edge"
)

// version is set by build.sh.
var version = "unknown"

// Names of what is bound to the Worker; native/edge writes them into wrangler.jsonc.
const (
	keysSecret = "GRAFT_API_KEYS" // keys, divided by commas
	keysStore  = "GRAFT_KEYS"     // a KV namespace: the SHA-256 of a key, and its owner
)

func main() {
	k := openKeeper()
	config := edge.Config{Version: version, Engine: k, Keys: edge.Keys{List: edge.ParseKeys(cloudflare.Getenv(keysSecret))}}
	if err := json.Unmarshal(k.catalog(), &config.Catalog); err != nil {
		panic("BUG: manifest.mjs: " + err.Error())
	}
	if !cloudflare.GetBinding(keysStore).IsUndefined() {
		config.Keys.Lookup = lookup
	}
	workers.Serve(edge.New(config))
}

// lookup asks the KV namespace of keys for one.
func lookup(_ context.Context, sha256 string) (bool, error) {
	store, err := kv.NewNamespace(keysStore)
	if err != nil {
		return false, err
	}
	owner, err := store.GetString(sha256, &kv.GetOptions{CacheTTL: 60})
	return owner != "" && owner != absent, err
}

// absent is what the library makes of the null of a key that is not there.
const absent = "<null>"
