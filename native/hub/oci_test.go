package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// registry is the part of the OCI distribution protocol that a push and a pull need.
type registry struct {
	*httptest.Server
	mu        sync.Mutex
	blobs     map[digest.Digest][]byte
	manifests map[string][]byte // by tag and digest
	sent      int               // bytes of blobs that were pulled
	received  int               // and pushed
	cuts      int               // how many pulls to cut short
}

func newRegistry(t *testing.T) *registry {
	r := &registry{blobs: map[digest.Digest][]byte{}, manifests: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/team/model/manifests/{ref}", func(w http.ResponseWriter, req *http.Request) {
		data, ok := r.manifests[req.PathValue("ref")]
		if !ok {
			http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
		w.Header().Set("Docker-Content-Digest", digest.FromBytes(data).String())
		w.Write(data)
	})
	mux.HandleFunc("PUT /v2/team/model/manifests/{ref}", func(w http.ResponseWriter, req *http.Request) {
		data, _ := io.ReadAll(req.Body)
		d := digest.FromBytes(data)
		r.manifests[req.PathValue("ref")], r.manifests[d.String()] = data, data
		w.Header().Set("Docker-Content-Digest", d.String())
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("GET /v2/team/model/blobs/{digest}", r.blob)
	mux.HandleFunc("POST /v2/team/model/blobs/uploads/", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Location", "/v2/team/model/blobs/uploads/1")
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("PUT /v2/team/model/blobs/uploads/1", func(w http.ResponseWriter, req *http.Request) {
		data, _ := io.ReadAll(req.Body)
		d := digest.Digest(req.URL.Query().Get("digest"))
		if digest.FromBytes(data) != d {
			http.Error(w, `{"errors":[{"code":"DIGEST_INVALID"}]}`, http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.blobs[d] = data
		r.received += len(data)
		w.Header().Set("Docker-Content-Digest", d.String())
		w.WriteHeader(http.StatusCreated)
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *registry) blob(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	data, ok := r.blobs[digest.Digest(req.PathValue("digest"))]
	r.mu.Unlock()
	if !ok {
		http.Error(w, `{"errors":[{"code":"BLOB_UNKNOWN"}]}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Docker-Content-Digest", req.PathValue("digest"))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Accept-Ranges", "bytes")
	if req.Method == http.MethodHead {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		return
	}
	var start int
	fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &start)
	r.mu.Lock()
	end := len(data)
	if end-start > 1000 && r.cuts > 0 {
		r.cuts--
		end = start + (end-start)/2
	}
	r.sent += end - start
	r.mu.Unlock()
	w.Header().Set("Content-Length", fmt.Sprint(len(data)-start))
	if start > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(data[start:end])
	if end < len(data) {
		w.(http.Flusher).Flush()
		cut()
	}
}

func (r *registry) name(ref string) string {
	return "oci://" + strings.TrimPrefix(r.URL, "http://") + "/team/model" + ref
}

func ociHub(t *testing.T) *Hub {
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // nobody's credentials
	h := New(Options{Endpoint: defaultEndpoint, Own: t.TempDir(), Cache: t.TempDir()})
	h.first = time.Millisecond
	return h
}

// TestArtifact: a model that is pushed comes back the same, by tag and by digest, also over a connection that breaks; nothing
// is sent twice.
func TestArtifact(t *testing.T) {
	r := newRegistry(t)
	h := ociHub(t)
	dir := t.TempDir()
	files := someFiles()
	total := 0
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		total += len(b)
	}
	os.WriteFile(filepath.Join(dir, "optimizer.pt"), []byte("x"), 0o666)
	os.WriteFile(filepath.Join(dir, ".hidden"), []byte("x"), 0o666)
	pushed, err := h.Push(t.Context(), dir, r.name(":v1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pushed.Files) != len(files) || pushed.Bytes != int64(total) {
		t.Errorf("pushed %+v, expected %d files with %d bytes", pushed, len(files), total)
	}
	var m ocispec.Manifest
	if err := json.Unmarshal(r.manifests["v1"], &m); err != nil || m.ArtifactType != artifactModel || m.Config.MediaType != mediaConfig {
		t.Errorf("%v: %s", err, r.manifests["v1"])
	}
	types := map[string]string{}
	for _, l := range m.Layers {
		types[l.Annotations[ocispec.AnnotationTitle]] = l.MediaType
	}
	if types["model.safetensors"] != mediaWeights || types["config.json"] != mediaSettings {
		t.Errorf("media types are %v", types)
	}
	before := r.received
	again, err := h.Push(t.Context(), dir, r.name(":v2"))
	if err != nil || again.Digest != pushed.Digest || r.received != before {
		t.Errorf("the second push: %v, %s, expected %s; %d bytes were sent again", err, again.Digest, pushed.Digest, r.received-before)
	}
	r.cuts = 3
	p, err := h.Pull(t.Context(), r.name(":v1"), Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, files)
	if p.Commit != pushed.Digest || r.sent != total || r.cuts != 0 {
		t.Errorf("%s, expected %s; %d bytes were sent, expected %d", p.Commit, pushed.Digest, r.sent, total)
	}
	for _, ref := range []string{":v2", "@" + pushed.Digest} {
		if q, err := h.Pull(t.Context(), r.name(ref), Select{}); err != nil || q.Path != p.Path || r.sent != total {
			t.Errorf("%s: %+v, %v; %d bytes were sent", ref, q, err, r.sent)
		}
	}
	if _, err := h.Pull(t.Context(), r.name(":none"), Select{}); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("got error %v", err)
	}
	r.Close()
	if q, err := h.Pull(t.Context(), r.name(":v1"), Select{}); err != nil || q.Path != p.Path {
		t.Errorf("without a registry: %+v, %v", q, err)
	}
}

// TestHostileArtifacts: manifests that name what is not allowed, or bytes that are not theirs.
func TestHostileArtifacts(t *testing.T) {
	r := newRegistry(t)
	h := ociHub(t)
	content := []byte("weights")
	d := digest.FromBytes(content)
	r.blobs[d] = content
	r.blobs[digest.FromString("other")] = []byte("OTHER")
	layer := func(name, mediaType string, d digest.Digest, size int64) ocispec.Descriptor {
		return ocispec.Descriptor{MediaType: mediaType, Digest: d, Size: size, Annotations: map[string]string{ocispec.AnnotationTitle: name}}
	}
	for name, c := range map[string]struct {
		layers []ocispec.Descriptor
		want   string
	}{
		"traversal":  {[]ocispec.Descriptor{layer("../x", mediaWeights, d, 7)}, "not allowed"},
		"absolute":   {[]ocispec.Descriptor{layer("/x", mediaWeights, d, 7)}, "not allowed"},
		"archive":    {[]ocispec.Descriptor{layer("x", "application/vnd.oci.image.layer.v1.tar+gzip", d, 7)}, "archive"},
		"twice":      {[]ocispec.Descriptor{layer("x", mediaWeights, d, 7), layer("x", mediaWeights, d, 7)}, "two layers"},
		"no names":   {[]ocispec.Descriptor{{MediaType: "text/plain", Digest: d, Size: 7}}, "no layer has the name"},
		"digest":     {[]ocispec.Descriptor{layer("x", mediaWeights, "sha256:../../x", 7)}, "invalid"},
		"wrong size": {[]ocispec.Descriptor{layer("x", mediaWeights, d, 8)}, ""},
		"damaged":    {[]ocispec.Descriptor{layer("x", mediaWeights, digest.FromString("other"), 5)}, "damaged"},
		"too large":  {[]ocispec.Descriptor{layer("x", mediaWeights, d, 1<<62)}, "not possible"},
	} {
		data, err := json.Marshal(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Layers: c.layers})
		if err != nil {
			t.Fatal(err)
		}
		r.manifests["bad"] = data
		if _, err := h.Pull(t.Context(), r.name(":bad"), Select{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, expected %q", name, err, c.want)
		}
	}
	data, _ := json.Marshal(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Layers: []ocispec.Descriptor{
		{MediaType: "application/vnd.ollama.image.model", Digest: d, Size: 7}, {MediaType: "application/vnd.ollama.image.license", Digest: d, Size: 7}}})
	r.manifests["ollama"] = data
	p, err := h.Pull(t.Context(), r.name(":ollama"), Select{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(p.Path); filepath.Base(p.Path) != "model.gguf" || !bytes.Equal(got, content) {
		t.Errorf("%s: %q, %v", p.Path, got, err)
	}
}
