package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const defaultEndpoint = "https://huggingface.co"

// FromEnv reads the variables that huggingface_hub reads: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_CACHE,
// HF_HUB_OFFLINE and their older names. What does not come from the hub is kept in GRAFT_CACHE.
func FromEnv(getenv func(string) string) (Options, error) {
	first := func(names ...string) string {
		for _, name := range names {
			if v := strings.TrimSpace(getenv(name)); v != "" {
				return v
			}
		}
		return ""
	}
	home, caches := first("HOME", "USERPROFILE"), first("XDG_CACHE_HOME")
	if caches == "" {
		caches = filepath.Join(home, ".cache")
	}
	expand := func(path string) string {
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			path = filepath.Join(home, rest)
		}
		return os.Expand(path, getenv)
	}
	or := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	hfHome := expand(or(first("HF_HOME"), filepath.Join(caches, "huggingface")))
	o := Options{
		Endpoint: strings.TrimRight(or(first("HF_ENDPOINT"), defaultEndpoint), "/"),
		Cache:    expand(or(first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"), filepath.Join(hfHome, "hub"))),
		Own:      expand(or(first("GRAFT_CACHE"), filepath.Join(caches, "graft"))),
		Offline:  truth(first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
	}
	if u, err := url.Parse(o.Endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return o, fmt.Errorf("HF_ENDPOINT is %q, expected a URL such as %s", o.Endpoint, defaultEndpoint)
	}
	if truth(first("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return o, nil
	}
	if o.Token = first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"); o.Token == "" {
		data, err := os.ReadFile(expand(or(first("HF_TOKEN_PATH"), filepath.Join(hfHome, "token"))))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return o, fmt.Errorf("token: %w", err)
		}
		o.Token = strings.TrimSpace(string(data))
	}
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return o, errors.New("the hub's token has characters that cannot be sent")
	}
	return o, nil
}

func truth(v string) bool {
	switch strings.ToUpper(v) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}
