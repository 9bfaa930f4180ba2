// Package web gives a page, and models for it, to a browser: over HTTP on this machine, or written to a folder that any
// static host can serve.
//
// A Site is files from several places under one root, with two lists that it makes itself: shell.json, which the page's
// Service Worker keeps for offline use, and models.json, which names the models' files with their SHA-256. Answers carry
// the headers that isolate a page, so that its Workers may share memory. Who asks by a host name that is not this
// machine's is refused: a page elsewhere could otherwise read models through a name of its own (DNS rebinding).
package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Options are what a site is made of.
type Options struct {
	Files  Files
	Models []Model  // in the order in which they are offered
	Hosts  []string // names by which it may be asked, besides those of this machine
}

// Files are the page and its runtime, all in one folder. Of files with the same name the first counts.
type Files struct {
	Folders []fs.FS
	Engine  fs.FS // only its engine.wasm is taken
	Data    map[string][]byte
	Needs   []string // files without which the page cannot be, besides the engine
}

// Model is a model with the adapters that are for it.
type Model struct {
	Listing
	LoadIn4Bit bool // how its adapters were trained
	Adapters   []Listing
}

// Listing is some files under a name that a person knows.
type Listing struct {
	Name  string
	FS    fs.FS
	Files []string // in the root of FS
}

// Site is what is served.
type Site struct {
	options Options
	pages   map[string]*file // by path without the leading slash
	models  map[string]*file
}

// file is one file of a site.
type file struct {
	fsys   fs.FS
	name   string
	data   []byte // of a file that the site made
	sha256 string
	size   int64
}

// types are the media types by a file's end; the system's own table may have others.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
}

const (
	shellName  = "shell.json"
	modelsName = "models.json"
	compressed = ".br" // a file beside another: the same, compressed by brotli
)

// EngineName is the file without which a page has no engine.
const EngineName = "engine.wasm"

// New reads every file once, for its SHA-256.
func New(o Options) (*Site, error) {
	s := &Site{options: o, pages: map[string]*file{}, models: map[string]*file{}}
	for name, data := range o.Files.Data {
		s.pages[name] = whole(name, data)
	}
	for _, name := range []string{EngineName, EngineName + compressed} {
		if o.Files.Engine == nil {
			break
		}
		switch f, err := open(o.Files.Engine, name); {
		case err == nil:
			s.pages[name] = f
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	for _, fsys := range o.Files.Folders {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if name == "." && errors.Is(err, fs.ErrNotExist) {
				return nil // what is needed of it is looked for below
			}
			end := path.Ext(strings.TrimSuffix(name, compressed))
			if err != nil || d.IsDir() || s.pages[name] != nil || types[end] == "" {
				return err
			}
			s.pages[name], err = open(fsys, name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, name := range append([]string{EngineName}, o.Files.Needs...) {
		if s.pages[name] == nil && s.pages[name+compressed] == nil {
			return nil, fmt.Errorf("this graft was built without the web runtime (%s): build it with ./build.sh build", name)
		}
	}
	if err := s.list(); err != nil {
		return nil, err
	}
	return s, s.shell()
}

// open hashes a file.
func open(fsys fs.FS, name string) (*file, error) {
	r, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &file{fsys: fsys, name: name, sha256: hex.EncodeToString(hash.Sum(nil)), size: n}, nil
}

// made is a file of the site's own.
func made(name string, value any) (*file, error) {
	data, err := json.MarshalIndent(value, "", "\t")
	return whole(name, data), err
}

func whole(name string, data []byte) *file {
	sum := sha256.Sum256(data)
	return &file{name: name, data: data, sha256: hex.EncodeToString(sum[:]), size: int64(len(data))}
}

// reader opens the file's bytes; those of a file on the disk can be sought in.
func (f *file) reader() (io.ReadSeekCloser, error) {
	if f.data != nil {
		return nopCloser{bytes.NewReader(f.data)}, nil
	}
	r, err := f.fsys.Open(f.name)
	if err != nil {
		return nil, err
	}
	if seeker, ok := r.(io.ReadSeekCloser); ok {
		return seeker, nil
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return nopCloser{bytes.NewReader(data)}, err
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// The rows of models.json.
type (
	listedFile struct {
		Name   string `json:"name"`
		URL    string `json:"url"`
		Size   int64  `json:"size"`
		SHA256 string `json:"sha256"`
	}
	listed struct {
		Name  string       `json:"name"`
		Files []listedFile `json:"files"`
	}
	listedModel struct {
		listed
		LoadIn4Bit bool     `json:"load_in_4bit"`
		Adapters   []listed `json:"adapters"`
	}
)

// list makes models.json.
func (s *Site) list() error {
	rows := []listedModel{}
	for i, m := range s.options.Models {
		row := listedModel{LoadIn4Bit: m.LoadIn4Bit, Adapters: []listed{}}
		var err error
		if row.listed, err = s.take(fmt.Sprintf("models/%d", i), m.Listing); err != nil {
			return err
		}
		for j, a := range m.Adapters {
			l, err := s.take(fmt.Sprintf("models/%d/adapters/%d", i, j), a)
			if err != nil {
				return err
			}
			row.Adapters = append(row.Adapters, l)
		}
		rows = append(rows, row)
	}
	f, err := made(modelsName, map[string]any{"models": rows})
	s.pages[modelsName] = f
	return err
}

// take gives the files of a listing paths in a folder of the site.
func (s *Site) take(folder string, l Listing) (listed, error) {
	row := listed{Name: l.Name, Files: []listedFile{}}
	for _, name := range l.Files {
		f, err := open(l.FS, name)
		if err != nil {
			return row, fmt.Errorf("%s: %w", l.Name, err)
		}
		at := path.Join(folder, name)
		s.models[at] = f
		row.Files = append(row.Files, listedFile{name, at, f.size, f.sha256})
	}
	return row, nil
}

// shell makes shell.json: the files that a page needs when the network is gone, and a version that changes with any of them.
func (s *Site) shell() error {
	files, version := []string{"./"}, sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.pages)) {
		if strings.HasSuffix(name, compressed) || name == modelsName {
			continue
		}
		fmt.Fprintf(version, "%s %s\n", name, s.pages[name].sha256)
		if name != "index.html" && name != "sw.mjs" {
			files = append(files, name)
		}
	}
	f, err := made(shellName, map[string]any{
		"version": hex.EncodeToString(version.Sum(nil))[:16],
		"files":   files,
		"fresh":   []string{modelsName},
	})
	s.pages[shellName] = f
	return err
}
