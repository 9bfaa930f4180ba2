package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxFiles    = 100_000 // of one repository
	maxFileSize = 1 << 43 // 8 TiB
)

// listing is what the hub says about a revision.
type listing struct {
	commit string
	files  []remoteFile
}

// remoteFile is a file in a repository. etag and size are unknown ("", -1) where a mirror does not list them.
type remoteFile struct {
	name string
	etag string // SHA-256 of a file in LFS or Xet, git's SHA-1 of any other
	size int64
}

// list asks the hub for the files of a revision.
func (h *Hub) list(ctx context.Context, repo, revision string) (listing, error) {
	data, err := h.read(ctx, h.Endpoint+"/api/models/"+repo+"/revision/"+url.PathEscape(revision)+"?blobs=true")
	if err != nil {
		return listing{}, explain(err, repo, revision)
	}
	return parseListing(repo, data)
}

// parseListing reads the hub's answer, and trusts none of it.
func parseListing(repo string, data []byte) (listing, error) {
	var a struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
			Size *int64 `json:"size"`
			Blob string `json:"blobId"`
			LFS  *struct {
				SHA256 string `json:"sha256"`
				Size   *int64 `json:"size"`
			} `json:"lfs"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return listing{}, fmt.Errorf("%s: the hub's answer: %w", repo, err)
	}
	if err := checkID("commit", a.SHA); err != nil {
		return listing{}, fmt.Errorf("%s: %w", repo, err)
	}
	if len(a.Siblings) > maxFiles {
		return listing{}, fmt.Errorf("%s: has %d files, at most %d are allowed", repo, len(a.Siblings), maxFiles)
	}
	l := listing{commit: a.SHA}
	for _, s := range a.Siblings {
		f := remoteFile{name: s.Name, etag: s.Blob, size: -1}
		if s.Size != nil {
			f.size = *s.Size
		}
		if s.LFS != nil {
			f.etag = s.LFS.SHA256
			if s.LFS.Size != nil {
				f.size = *s.LFS.Size
			}
		}
		if err := f.check(); err != nil {
			return listing{}, fmt.Errorf("%s: %w", repo, err)
		}
		l.files = append(l.files, f)
	}
	return l, nil
}

func (f remoteFile) check() error {
	if err := checkFile(f.name); err != nil {
		return err
	}
	if f.size < -1 || f.size > maxFileSize {
		return fmt.Errorf("%s: size %d is not possible", f.name, f.size)
	}
	if f.etag != "" {
		if err := checkID("etag", f.etag); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// fileURL is where the hub has a file of a commit.
func (h *Hub) fileURL(repo, commit, name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return h.Endpoint + "/" + repo + "/resolve/" + commit + "/" + strings.Join(parts, "/")
}

// stat asks for etag and size of one file, where the list did not have them. The answer may be a redirect to a CDN, and says
// both already.
func (h *Hub) stat(ctx context.Context, repo, commit string, f remoteFile) (remoteFile, error) {
	err := h.retry(ctx, func() (bool, error) {
		target := h.fileURL(repo, commit, f.name)
		for range maxRedirects {
			req, err := h.request(ctx, http.MethodHead, target)
			if err != nil {
				return false, err
			}
			client := *h.client
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			resp, err := client.Do(req)
			if err != nil {
				return false, withoutQuery(err)
			}
			resp.Body.Close()
			if resp.StatusCode >= 400 {
				return false, &httpError{url: req.URL, status: resp.StatusCode, code: resp.Header.Get("X-Error-Code"), message: clean(resp.Header.Get("X-Error-Message"))}
			}
			f.etag = strings.Trim(strings.TrimPrefix(first(resp.Header, "X-Linked-Etag", "Etag"), "W/"), `"`)
			size, err := strconv.ParseInt(first(resp.Header, "X-Linked-Size", "Content-Length"), 10, 64)
			to, locErr := resp.Location()
			if resp.StatusCode >= 300 && resp.Header.Get("X-Linked-Etag") == "" && locErr == nil {
				target = to.String()
				continue
			}
			if f.size = size; err != nil {
				f.size = -1
			}
			if f.etag == "" {
				return false, fmt.Errorf("%s: the hub names no etag", f.name)
			}
			return false, f.check()
		}
		return false, fmt.Errorf("%s: more than %d redirects", f.name, maxRedirects)
	})
	return f, explain(err, repo, commit)
}

func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// explain says what the hub's refusals mean.
func explain(err error, repo, revision string) error {
	var e *httpError
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.code == "RevisionNotFound":
		return fmt.Errorf("%s has no revision %q: %w", repo, revision, err)
	case e.code == "GatedRepo":
		return fmt.Errorf("%s is gated: accept its terms on its page and set HF_TOKEN: %w", repo, err)
	case e.code == "RepoNotFound", e.status == http.StatusUnauthorized, e.status == http.StatusForbidden, e.status == http.StatusNotFound:
		return fmt.Errorf("%s is not on the hub, or is private: check the name, and set HF_TOKEN if it is private: %w", repo, err)
	}
	return err
}
