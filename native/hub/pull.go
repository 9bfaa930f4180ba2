package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
)

// Pulled is what a pull has brought.
type Pulled struct {
	Name   string   `json:"name"`
	Path   string   `json:"path"`             // of the model: a directory, or a file
	Commit string   `json:"commit,omitempty"` // of the hub, or the digest of an artifact
	Files  []string `json:"files,omitempty"`  // within the directory
	Bytes  int64    `json:"bytes"`
}

// Resolve gives the path on this machine of what a name names, and downloads it if it is not here.
func (h *Hub) Resolve(ctx context.Context, name string) (string, error) {
	p, err := h.Pull(ctx, name, Select{})
	return p.Path, err
}

// Pull brings what a name names to this machine.
func (h *Hub) Pull(ctx context.Context, name string, s Select) (Pulled, error) {
	ref, err := ParseRef(name, h.Endpoint)
	if err != nil {
		return Pulled{}, err
	}
	var p Pulled
	switch ref.Scheme {
	case "":
		if _, err := os.Stat(ref.Path); err != nil {
			return Pulled{}, fmt.Errorf("%w; a model of the hub is named org/name", err)
		}
		return Pulled{Name: name, Path: ref.Path}, nil
	case "hf":
		p, err = h.pullRepo(ctx, ref, s)
		if err != nil && !strings.Contains(name, "://") {
			err = fmt.Errorf("no such path here, and on the hub: %w", err)
		}
	case "oci":
		p, err = h.pullArtifact(ctx, ref)
	default:
		p, err = h.pullURL(ctx, ref)
	}
	p.Name = name
	if err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// pullRepo brings files of a repository of the hub.
func (h *Hub) pullRepo(ctx context.Context, ref Ref, s Select) (Pulled, error) {
	f := repoFolder(h.Cache, ref.Repo)
	if h.Offline {
		return f.local(ref, errors.New("HF_HUB_OFFLINE is set"))
	}
	l, err := h.list(ctx, ref.Repo, ref.Revision)
	if err != nil {
		var off *offlineError
		if errors.As(err, &off) {
			p, localErr := f.local(ref, err)
			if localErr == nil {
				h.note(fmt.Sprintf("%s: %v; using what is in the cache", ref, err))
			}
			return p, localErr
		}
		return Pulled{}, err
	}
	names := make([]string, len(l.files))
	for i, file := range l.files {
		names[i] = file.name
	}
	var picked []string
	switch {
	case ref.Path != "" && !slices.Contains(names, ref.Path):
		return Pulled{}, fmt.Errorf("no file %q: of %s", ref.Path, some(names))
	case ref.Path != "":
		picked = withParts(ref.Path, names)
	default:
		if picked, err = s.pick(names); err != nil {
			return Pulled{}, err
		}
	}
	var files []remoteFile
	for _, file := range l.files {
		if slices.Contains(picked, file.name) {
			files = append(files, file)
		}
	}
	bytes, err := h.fetchAll(ctx, f, ref.String(), files, func(ctx context.Context, file remoteFile) (blob, error) {
		if file.etag == "" || file.size < 0 {
			var err error
			if file, err = h.stat(ctx, ref.Repo, l.commit, file); err != nil {
				return blob{}, err
			}
		}
		return blob{file.name, file.etag, file.size, sumOf(file.etag), sumOf(file.etag).kind != "", h.opener(h.fileURL(ref.Repo, l.commit, file.name), "", file.name)}, nil
	}, l.commit)
	if err != nil {
		return Pulled{}, err
	}
	if err := f.point(ref.Revision, l.commit); err != nil {
		return Pulled{}, err
	}
	p := Pulled{Commit: l.commit, Files: picked, Bytes: bytes, Path: f.model(l.commit, ref.Path, picked)}
	return p, nil
}

// model is the path of a model in a snapshot: the file that is named, the GGUF file if it is that, or the directory.
func (f folder) model(commit, file string, names []string) string {
	if file != "" {
		return f.file(commit, file)
	}
	safetensors := slices.ContainsFunc(names, func(n string) bool { return path.Ext(n) == ".safetensors" })
	if models := ggufModels(only(names, ".gguf")); !safetensors && len(models) == 1 {
		return f.file(commit, models[0])
	}
	return f.snapshot(commit)
}

func only(names []string, ext string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.EqualFold(path.Ext(n), ext) })
}

// local finds a model in the cache. why tells why it is not asked for elsewhere.
func (f folder) local(ref Ref, why error) (Pulled, error) {
	commit, ok := f.commit(ref.Revision)
	if !ok {
		return Pulled{}, fmt.Errorf("%w, and it is not in the cache %s", why, f.root)
	}
	names, err := listFiles(f.snapshot(commit))
	if err != nil {
		return Pulled{}, err
	}
	if ref.Path != "" && !slices.Contains(names, ref.Path) {
		return Pulled{}, fmt.Errorf("%w, and the cache has no %q of it: %s", why, ref.Path, some(names))
	}
	if models := ggufModels(only(names, ".gguf")); ref.Path == "" && len(models) > 1 && len(only(names, ".safetensors")) == 0 {
		return Pulled{}, &choiceError{models}
	}
	return Pulled{Commit: commit, Files: names, Path: f.model(commit, ref.Path, names)}, nil
}

// fetchAll brings files into a folder, several at once, and links them into a snapshot. blobOf says what a file's content
// is. It returns how many bytes they have.
func (h *Hub) fetchAll(ctx context.Context, f folder, name string, files []remoteFile,
	blobOf func(context.Context, remoteFile) (blob, error), commit string) (int64, error) {
	if err := os.MkdirAll(f.snapshot(commit), 0o777); err != nil {
		return 0, err
	}
	t := newTally(h.Progress, name, files)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var wg sync.WaitGroup
	for range min(h.Workers, len(files)) {
		wg.Go(func() {
			for i := range work {
				b, err := blobOf(ctx, files[i])
				if err == nil {
					err = h.fetch(ctx, f, b, func(n int64) { t.set(i, n) })
				}
				if err == nil {
					err = f.link(commit, files[i].name, b.etag)
				}
				if err != nil {
					cancel(err)
					continue
				}
				t.finish()
			}
		})
	}
	for i := range files {
		work <- i
	}
	close(work)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return t.end(), nil
}

// tally adds up the progress of files.
type tally struct {
	mu    sync.Mutex
	tell  func(Progress)
	bytes []int64
	known []bool
	p     Progress
}

func newTally(tell func(Progress), name string, files []remoteFile) *tally {
	t := &tally{tell: tell, bytes: make([]int64, len(files)), known: make([]bool, len(files)), p: Progress{Name: name, AllFiles: len(files)}}
	for _, file := range files {
		if file.size < 0 {
			t.p.AllBytes = 0
			break
		}
		t.p.AllBytes += file.size
	}
	return t
}

// set says how many bytes of a file are there. The first time, they were there before.
func (t *tally) set(i int, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.known[i] {
		t.known[i] = true
		t.p.Present += n
	}
	t.p.Bytes += n - t.bytes[i]
	t.bytes[i] = n
	t.show()
}

func (t *tally) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.Files++
	t.show()
}

func (t *tally) end() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.Done = true
	t.show()
	return t.p.Bytes
}

func (t *tally) show() {
	if t.tell != nil {
		t.tell(t.p)
	}
}
