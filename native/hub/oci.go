package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// Media types of CNCF's ModelPack, https://github.com/modelpack/model-spec: layers are files as they are.
const (
	artifactModel     = "application/vnd.cncf.model.manifest.v1+json"
	mediaConfig       = "application/vnd.cncf.model.config.v1+json"
	mediaWeights      = "application/vnd.cncf.model.weight.v1.raw"
	mediaSettings     = "application/vnd.cncf.model.weight.config.v1.raw"
	mediaDoc          = "application/vnd.cncf.model.doc.v1.raw"
	annotationPath    = "org.cncf.model.filepath"
	annotationArchive = "io.deis.oras.content.unpack" // the layer is an archive of a folder
)

// untitled are the layers of other tools that have no file name, by media type.
var untitled = map[string]string{
	"application/vnd.ollama.image.model": "model.gguf",
	"application/vnd.docker.ai.gguf.v3":  "model.gguf",
}

// repository opens a repository of a registry, with the credentials that docker login has stored.
func (h *Hub) repository(name string) (*remote.Repository, error) {
	repo, err := remote.NewRepository(name)
	if err != nil {
		return nil, fmt.Errorf("expected oci://registry/repository:tag: %w", err)
	}
	client := &auth.Client{Client: h.client, Header: http.Header{"User-Agent": {userAgent}}, Cache: auth.NewCache()}
	if store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{}); err == nil {
		client.Credential = credentials.Credential(store)
	}
	repo.Client, repo.PlainHTTP = client, isLoopback(repo.Reference.Registry)
	return repo, nil
}

// isLoopback tells whether a registry is on this machine, where no certificate is to be expected.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// pullArtifact brings the files of an OCI artifact.
func (h *Hub) pullArtifact(ctx context.Context, ref Ref) (Pulled, error) {
	repo, err := h.repository(ref.Repo)
	if err != nil {
		return Pulled{}, err
	}
	at := repo.Reference
	f := folder{h.Own, "oci--" + strings.NewReplacer("/", "--", ":", "-").Replace(at.Registry+"/"+at.Repository)}
	cached := Ref{Revision: strings.TrimPrefix(at.ReferenceOrDefault(), "sha256:")}
	if h.Offline {
		return f.local(cached, errors.New("HF_HUB_OFFLINE is set"))
	}
	m, commit, err := h.manifest(ctx, repo)
	if err != nil {
		if noServer(err) {
			p, localErr := f.local(cached, &offlineError{err})
			if localErr == nil {
				h.note(fmt.Sprintf("%s: %v; using what is in the cache", ref, &offlineError{err}))
			}
			return p, localErr
		}
		return Pulled{}, err
	}
	layers := map[string]ocispec.Descriptor{}
	var files []remoteFile
	var names []string
	for _, l := range m.Layers {
		name := layerName(l)
		if name == "" {
			continue
		}
		file := remoteFile{name, l.Digest.Encoded(), l.Size}
		if err := errors.Join(l.Digest.Validate(), file.check()); err != nil {
			return Pulled{}, err
		}
		if l.Annotations[annotationArchive] == "true" || strings.Contains(l.MediaType, ".tar") {
			return Pulled{}, fmt.Errorf("layer %s is an archive (%s), expected a file", name, l.MediaType)
		}
		if l.Digest.Algorithm() != digest.SHA256 {
			return Pulled{}, fmt.Errorf("layer %s: digest %s, expected a SHA-256", name, l.Digest)
		}
		if _, twice := layers[name]; twice {
			return Pulled{}, fmt.Errorf("two layers are called %s", name)
		}
		layers[name] = l
		files, names = append(files, file), append(names, name)
	}
	if len(files) == 0 {
		return Pulled{}, fmt.Errorf("artifact of type %q: no layer has the name of a file", m.ArtifactType)
	}
	bytes, err := h.fetchAll(ctx, f, ref.String(), files, func(_ context.Context, file remoteFile) (blob, error) {
		open := func(ctx context.Context, offset, length int64) (io.ReadCloser, int64, error) {
			return h.openLayer(ctx, repo, layers[file.name], offset, length)
		}
		return blob{file.name, file.etag, file.size, checksum{"sha256", file.etag}, true, open}, nil
	}, commit)
	if err != nil {
		return Pulled{}, err
	}
	if err := f.point(cached.Revision, commit); err != nil {
		return Pulled{}, err
	}
	return Pulled{Commit: "sha256:" + commit, Files: names, Bytes: bytes, Path: f.model(commit, "", names)}, nil
}

// layerName is the path of a layer's file, "" if it has none.
func layerName(l ocispec.Descriptor) string {
	for _, name := range []string{l.Annotations[annotationPath], l.Annotations[ocispec.AnnotationTitle], untitled[l.MediaType]} {
		if name != "" {
			return name
		}
	}
	return ""
}

// manifest gets the manifest of the artifact that the reference names, and its digest.
func (h *Hub) manifest(ctx context.Context, repo *remote.Repository) (m ocispec.Manifest, commit string, err error) {
	var data []byte
	err = h.retry(ctx, func() (bool, error) {
		d, body, err := repo.FetchReference(ctx, repo.Reference.ReferenceOrDefault())
		if err != nil {
			return false, registryError(err)
		}
		defer body.Close()
		if d.MediaType != ocispec.MediaTypeImageManifest && d.MediaType != "application/vnd.docker.distribution.manifest.v2+json" {
			return false, fmt.Errorf("a manifest of type %q, expected %q", d.MediaType, ocispec.MediaTypeImageManifest)
		}
		const most = 4 << 20
		if data, err = io.ReadAll(io.LimitReader(body, most+1)); err != nil {
			return false, err
		}
		if len(data) > most {
			return false, fmt.Errorf("a manifest of more than %d bytes", most)
		}
		if got := digest.FromBytes(data); d.Digest != got {
			return false, &damagedError{"manifest", "its digest", got.String(), d.Digest.String()}
		}
		commit = digest.FromBytes(data).Encoded()
		return false, nil
	})
	if err != nil {
		return m, "", err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, "", fmt.Errorf("manifest: %w", err)
	}
	if len(m.Layers) > maxFiles {
		return m, "", fmt.Errorf("manifest: %d layers, at most %d are allowed", len(m.Layers), maxFiles)
	}
	return m, commit, nil
}

// openLayer begins to read a layer at an offset. Package remote can seek too, but begins with all of the layer.
func (h *Hub) openLayer(ctx context.Context, repo *remote.Repository, l ocispec.Descriptor, offset, length int64) (io.ReadCloser, int64, error) {
	at := repo.Reference
	scheme := "https"
	if repo.PlainHTTP {
		scheme = "http"
	}
	ctx = auth.AppendRepositoryScope(ctx, at, auth.ActionPull)
	return openRange(layerName(l), offset, length, func(r string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+at.Host()+"/v2/"+at.Repository+"/blobs/"+l.Digest.String(), nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if r != "" {
			req.Header.Set("Range", r)
		}
		resp, err := repo.Client.Do(req)
		return accept(resp, err, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	})
}

// registryError makes a registry's refusal an httpError, so that it is treated like any other.
func registryError(err error) error {
	var e *errcode.ErrorResponse
	if !errors.As(err, &e) || e.URL == nil {
		return err
	}
	h := &httpError{url: e.URL, status: e.StatusCode, message: clean(e.Errors.Error())}
	if h.status == http.StatusUnauthorized || h.status == http.StatusForbidden {
		h.message += "; docker login, or oras login, stores credentials that graft uses"
	}
	return h
}
