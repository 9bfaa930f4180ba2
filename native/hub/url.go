package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// pullURL brings the file of a URL. Nothing vouches for its bytes but the connection; its ETag or date tells whether it has
// changed.
func (h *Hub) pullURL(ctx context.Context, ref Ref) (Pulled, error) {
	u, err := url.Parse(ref.URL)
	if err != nil {
		return Pulled{}, err
	}
	name := path.Base(u.Path)
	if err := checkFile(name); err != nil {
		return Pulled{}, err
	}
	// The URL as a name: its host to be read, its sum to be unique. A password in it is no part of either.
	u.User = nil
	f := folder{h.Own, "urls--" + strings.ReplaceAll(u.Host, ":", "-") + "--" + sumText(u.String())[:16]}
	local := func(why error) (Pulled, error) {
		p, err := f.local(Ref{Revision: mainBranch, Path: name}, why)
		return p, err
	}
	if h.Offline {
		return local(errors.New("HF_HUB_OFFLINE is set"))
	}
	file := remoteFile{name: name, size: -1}
	tag := ""
	err = h.retry(ctx, func() (bool, error) {
		req, err := h.request(ctx, http.MethodHead, ref.URL)
		if err != nil {
			return false, err
		}
		resp, err := h.send(req, http.StatusOK)
		if err != nil {
			if noServer(err) {
				return false, &offlineError{err}
			}
			return false, err
		}
		resp.Body.Close()
		if n, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64); err == nil {
			file.size = n
		}
		if tag = resp.Header.Get("Etag"); strings.HasPrefix(tag, "W/") {
			tag = "" // does not stand for every byte
		}
		file.etag = sumText(first(resp.Header, "Etag", "Last-Modified", "Content-Length"))[:40]
		return false, nil
	})
	var off *offlineError
	if errors.As(err, &off) {
		p, localErr := local(err)
		if localErr == nil {
			h.note(fmt.Sprintf("%s: %v; using what is in the cache", name, err))
		}
		return p, localErr
	}
	if err != nil {
		return Pulled{}, err
	}
	commit := file.etag
	bytes, err := h.fetchAll(ctx, f, name, []remoteFile{file}, func(context.Context, remoteFile) (blob, error) {
		return blob{name, file.etag, file.size, checksum{}, tag != "", h.opener(ref.URL, tag, name)}, nil
	}, commit)
	if err != nil {
		return Pulled{}, err
	}
	if err := f.point(mainBranch, commit); err != nil {
		return Pulled{}, err
	}
	return Pulled{Path: f.file(commit, name), Files: []string{name}, Bytes: bytes}, nil
}

func sumText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// listFiles gives the files in a directory, with slashes, in order. Links are followed to files.
func listFiles(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := os.Stat(p); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	return names, err
}
