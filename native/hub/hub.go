// Package hub brings models and adapters to this machine and sends them away.
//
// A model is named in one of five ways, and [Hub.Resolve] turns each into a path:
//
//	path/to/model                    what lies on this machine
//	org/name  org/name@revision      the Hugging Face hub
//	hf://org/name@revision/file      the same, or one file of it
//	https://host/model.gguf          any URL
//	oci://registry/repository:tag    an OCI artifact in a registry
//
// What is downloaded is kept in the layout of huggingface_hub's cache, so that models that other tools have brought are
// used, and theirs are ours:
//
//	models--org--name/blobs/<etag>            contents, by their checksum
//	models--org--name/snapshots/<commit>/…    the files of a commit, as links to blobs
//	models--org--name/refs/<revision>         the commit of a branch or tag
//
// URLs and artifacts are kept in the same layout, in a folder of graft's own. A blob has its final name only when it is whole and
// its checksum is right. Until then it is <etag>.incomplete, from which the next attempt goes on, also that of
// another process: a lock beside the cache lets only one write it.
//
// Servers are not trusted: names of files and checksums are checked before they become paths, answers have limits, and
// the token is sent to the endpoint only, never on to where it redirects.
package hub

import (
	"net/http"
	"time"
)

// Hub downloads and keeps models. Its methods may be called by many goroutines, and processes, at once.
type Hub struct {
	Options
	client *http.Client
	first  time.Duration // the pause before the first retry
	chunk  int64         // bytes of a range, of files that are larger
	stall  time.Duration // how long a transfer may bring nothing
}

// Options say where models come from and where they are kept. [FromEnv] fills them as huggingface_hub does.
type Options struct {
	Endpoint string // of the hub, https://huggingface.co
	Token    string // sent to Endpoint, "": none
	Cache    string // folder of models from the hub
	Own      string // folder of what comes from elsewhere
	Offline  bool   // no network: what is in the cache, or an error
	Workers  int    // files downloaded at once
	// Progress, if not nil, is told how far a download is. It is not called twice at a time.
	Progress func(Progress)
	// Note, if not nil, is told what the user should know, in English.
	Note func(string)
}

// Progress is how far a download is.
type Progress struct {
	Name            string // what is downloaded
	Files, AllFiles int    // done, and in all
	Bytes, AllBytes int64  // done, and in all; AllBytes is 0 if it is not known
	Present         int64  // of Bytes, what was there before
	Done            bool   // nothing more will come
}

// New makes a Hub.
func New(o Options) *Hub {
	if o.Workers <= 0 {
		o.Workers = 8
	}
	return &Hub{Options: o, client: newClient(), first: 500 * time.Millisecond, chunk: 8 << 20, stall: 30 * time.Second}
}

func (h *Hub) note(s string) {
	if h.Note != nil {
		h.Note(s)
	}
}
