package hub

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
)

// A Ref names a model, an adapter or a file.
type Ref struct {
	Scheme   string // "" for a path on this machine, "hf", "https", "http" or "oci"
	Repo     string // hf: org/name; oci: registry/repository:tag or …@digest
	Revision string // hf: branch, tag or commit
	Path     string // hf: the one file that is meant; "": all. Otherwise the path on this machine
	URL      string // https, http
}

func (r Ref) String() string {
	switch r.Scheme {
	case "":
		return r.Path
	case "oci":
		return "oci://" + r.Repo
	case "hf":
		s := r.Repo
		if r.Revision != mainBranch {
			s += "@" + r.Revision
		}
		if r.Path != "" {
			s = "hf://" + s + "/" + r.Path
		}
		return s
	}
	return r.URL
}

const mainBranch = "main"

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,96}/[A-Za-z0-9_.-]{1,96}$`)
	shortRef = regexp.MustCompile(`^([^/@]+/[^/@]+)(?:@(.+))?$`)
)

// ParseRef reads the name of a model. What exists on this machine is a path, whatever it looks like.
func ParseRef(name, endpoint string) (Ref, error) {
	scheme, rest, ok := strings.Cut(name, "://")
	switch {
	case name == "":
		return Ref{}, fmt.Errorf("the name of a model is empty")
	case ok && scheme == "oci":
		if rest == "" {
			return Ref{}, fmt.Errorf("%s: expected oci://registry/repository:tag", name)
		}
		return Ref{Scheme: "oci", Repo: rest}, nil
	case ok && scheme == "hf":
		return parseHF(name, rest)
	case ok && (scheme == "https" || scheme == "http"):
		return parseURL(name, endpoint)
	case ok:
		return Ref{}, fmt.Errorf("%s: %q is not known, expected hf://, https://, http:// or oci://", name, scheme+"://")
	}
	if _, err := os.Stat(name); err == nil {
		return Ref{Path: name}, nil
	}
	if m := shortRef.FindStringSubmatch(name); m != nil && checkRepo(m[1]) == nil {
		r := Ref{Scheme: "hf", Repo: m[1], Revision: m[2]}
		if r.Revision == "" {
			r.Revision = mainBranch
		}
		return r, checkRevision(r.Revision)
	}
	return Ref{Path: name}, nil
}

// parseHF reads org/name[@revision][/file]; a slash in the revision is written %2F.
func parseHF(name, rest string) (Ref, error) {
	rest = strings.TrimPrefix(rest, "models/")
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 2 {
		return Ref{}, fmt.Errorf("%s: expected hf://org/name[@revision][/file]", name)
	}
	r := Ref{Scheme: "hf", Revision: mainBranch}
	repo, revision, ok := strings.Cut(parts[0]+"/"+parts[1], "@")
	r.Repo = repo
	if ok {
		var err error
		if r.Revision, err = url.PathUnescape(revision); err != nil {
			return Ref{}, fmt.Errorf("%s: revision: %w", name, err)
		}
	}
	if len(parts) == 3 {
		r.Path = strings.Trim(parts[2], "/")
	}
	return r, r.check()
}

// hubPath is the path of a page or file of the hub.
var hubPath = regexp.MustCompile(`^/([^/]+/[^/]+)(?:/(?:tree|blob|resolve|raw)/([^/]+)(?:/(.*))?)?/?$`)

// parseURL reads a URL. One of the hub's pages means the model, not the page.
func parseURL(name, endpoint string) (Ref, error) {
	u, err := url.Parse(name)
	if err != nil || u.Host == "" {
		return Ref{}, fmt.Errorf("%s: not a URL", name)
	}
	e, err := url.Parse(endpoint)
	ofHub := err == nil && u.Host == e.Host || u.Host == "huggingface.co" || u.Host == "hf.co"
	if m := hubPath.FindStringSubmatch(u.Path); ofHub && m != nil && checkRepo(m[1]) == nil {
		r := Ref{Scheme: "hf", Repo: m[1], Revision: m[2], Path: m[3]}
		if r.Revision == "" {
			r.Revision = mainBranch
		}
		return r, r.check()
	}
	if path.Base(u.Path) == "/" || path.Base(u.Path) == "." {
		return Ref{}, fmt.Errorf("%s: expected the URL of a file", name)
	}
	return Ref{Scheme: u.Scheme, URL: name}, nil
}

func (r Ref) check() error {
	if err := checkRepo(r.Repo); err != nil {
		return err
	}
	if err := checkRevision(r.Revision); err != nil {
		return err
	}
	if r.Path != "" {
		return checkFile(r.Path)
	}
	return nil
}
