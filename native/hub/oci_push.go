package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
)

// Pushed is what a push has sent.
type Pushed struct {
	Name   string   `json:"name"`
	Digest string   `json:"digest"` // of the manifest, by which the artifact can be pulled too
	Files  []string `json:"files"`
	Bytes  int64    `json:"bytes"`
}

// Push sends a model or an adapter, a directory or a file, to a registry as an OCI artifact. The same files always make
// the same artifact; what the registry has already is not sent again.
func (h *Hub) Push(ctx context.Context, from, name string) (Pushed, error) {
	out := Pushed{Name: name}
	rest, ok := strings.CutPrefix(name, "oci://")
	if !ok {
		return out, fmt.Errorf("%s: expected oci://registry/repository:tag", name)
	}
	if h.Offline {
		return out, fmt.Errorf("%s: HF_HUB_OFFLINE is set", name)
	}
	repo, err := h.repository(rest)
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	layers, dir, err := layersOf(ctx, from)
	if err != nil {
		return out, err
	}
	files := make([]remoteFile, len(layers))
	for i, l := range layers {
		out.Files, out.Bytes = append(out.Files, layerName(l)), out.Bytes+l.Size
		files[i] = remoteFile{layerName(l), l.Digest.Encoded(), l.Size}
	}
	t := newTally(h.Progress, name, files)
	for i, l := range layers {
		open := func() (io.ReadCloser, error) { return os.Open(filepath.Join(dir, filepath.FromSlash(files[i].name))) }
		if err := h.upload(ctx, repo, l, open, func(n int64) { t.set(i, n) }); err != nil {
			return out, fmt.Errorf("%s: %s: %w", name, files[i].name, err)
		}
		t.finish()
	}
	config, err := configOf(path.Base(repo.Reference.Repository), layers)
	if err != nil {
		return out, err
	}
	manifest, err := json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: artifactModel,
		Config: descriptor(mediaConfig, config), Layers: layers,
	})
	if err != nil {
		return out, err
	}
	memory := func(data []byte) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	}
	if err := h.upload(ctx, repo, descriptor(mediaConfig, config), memory(config), func(int64) {}); err != nil {
		return out, fmt.Errorf("%s: configuration: %w", name, err)
	}
	d := descriptor(ocispec.MediaTypeImageManifest, manifest)
	err = h.retry(ctx, func() (bool, error) {
		return false, registryError(repo.PushReference(ctx, d, bytes.NewReader(manifest), repo.Reference.ReferenceOrDefault()))
	})
	if err != nil {
		return out, fmt.Errorf("%s: manifest: %w", name, err)
	}
	t.end()
	out.Digest = d.Digest.String()
	return out, nil
}

// upload sends a blob, unless the registry has it.
func (h *Hub) upload(ctx context.Context, repo *remote.Repository, d ocispec.Descriptor, open func() (io.ReadCloser, error), sent func(int64)) error {
	return h.retry(ctx, func() (bool, error) {
		if there, err := repo.Blobs().Exists(ctx, d); err != nil || there {
			if there {
				sent(d.Size)
			}
			return false, registryError(err)
		}
		body, err := open()
		if err != nil {
			return false, err
		}
		defer body.Close()
		return false, registryError(repo.Blobs().Push(ctx, d, &counter{r: body, tell: sent}))
	})
}

// counter tells how much is read.
type counter struct {
	r    io.Reader
	n    atomic.Int64
	tell func(int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.tell(c.n.Add(int64(n)))
	return n, err
}

func descriptor(mediaType string, data []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
}

// layersOf makes the layers of a model's files, which are in dir.
func layersOf(ctx context.Context, from string) (layers []ocispec.Descriptor, dir string, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, "", err
	}
	dir, names := from, []string{}
	if info.IsDir() {
		if names, err = listFiles(from); err != nil {
			return nil, "", err
		}
		names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, ".") || strings.Contains(n, "/.") })
		if names, err = usual(names); err != nil {
			return nil, "", fmt.Errorf("%s: %w", from, err)
		}
	} else {
		dir, names = filepath.Dir(from), []string{filepath.Base(from)}
	}
	slices.Sort(names)
	for _, name := range names {
		l, err := layerOf(ctx, dir, name)
		if err != nil {
			return nil, "", err
		}
		layers = append(layers, l)
	}
	if len(layers) == 0 {
		return nil, "", fmt.Errorf("%s: has no files", from)
	}
	return layers, dir, nil
}

func layerOf(ctx context.Context, dir, name string) (ocispec.Descriptor, error) {
	l := ocispec.Descriptor{MediaType: mediaTypeOf(name), Annotations: map[string]string{ocispec.AnnotationTitle: name, annotationPath: name}}
	if err := checkFile(name); err != nil {
		return l, err
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return l, err
	}
	d := digest.SHA256.Digester()
	l.Size, err = io.Copy(d.Hash(), &contextReader{ctx, f})
	l.Digest = d.Digest()
	return l, errors.Join(err, f.Close())
}

// contextReader ends when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// mediaTypeOf tells weights, documents and settings apart.
func mediaTypeOf(name string) string {
	base := strings.ToUpper(path.Base(name))
	switch ext := path.Ext(base); {
	case ext == ".SAFETENSORS", ext == ".GGUF":
		return mediaWeights
	case ext == ".MD", strings.HasPrefix(base, "LICENSE"), strings.HasPrefix(base, "NOTICE"), strings.HasPrefix(base, "README"):
		return mediaDoc
	}
	return mediaSettings
}

// configOf describes the model, as ModelPack wants it.
func configOf(name string, layers []ocispec.Descriptor) ([]byte, error) {
	format := ""
	ids := make([]digest.Digest, len(layers))
	for i, l := range layers {
		ids[i] = l.Digest
		if l.MediaType == mediaWeights {
			format = strings.TrimPrefix(strings.ToLower(path.Ext(layerName(l))), ".")
		}
	}
	return json.Marshal(map[string]any{
		"descriptor": map[string]any{"name": name},
		"config":     map[string]any{"architecture": "transformer", "format": format},
		"modelfs":    map[string]any{"type": "layers", "diffIds": ids},
	})
}
