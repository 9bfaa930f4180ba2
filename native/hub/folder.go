package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// folder is a repository in the cache.
type folder struct{ root, name string }

func (f folder) dir() string                   { return filepath.Join(f.root, f.name) }
func (f folder) blob(etag string) string       { return filepath.Join(f.dir(), "blobs", etag) }
func (f folder) snapshot(commit string) string { return filepath.Join(f.dir(), "snapshots", commit) }
func (f folder) ref(revision string) string {
	return filepath.Join(f.dir(), "refs", filepath.FromSlash(revision))
}
func (f folder) file(commit, name string) string {
	return filepath.Join(f.snapshot(commit), filepath.FromSlash(name))
}

// repoFolder is the folder of a repository of the hub.
func repoFolder(root, repo string) folder {
	return folder{root, "models--" + strings.ReplaceAll(repo, "/", "--")}
}

// commit is the commit of a revision as the cache has it.
func (f folder) commit(revision string) (string, bool) {
	if _, err := os.Stat(f.snapshot(revision)); err == nil && checkID("", revision) == nil {
		return revision, true
	}
	data, err := os.ReadFile(f.ref(revision))
	id := strings.TrimSpace(string(data))
	if err != nil || checkID("", id) != nil {
		return "", false
	}
	_, err = os.Stat(f.snapshot(id))
	return id, err == nil
}

// point makes a revision stand for a commit.
func (f folder) point(revision, commit string) error {
	if revision == commit {
		return nil
	}
	path := f.ref(revision)
	if old, err := os.ReadFile(path); err == nil && string(old) == commit {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".ref-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(commit)
	if err := errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// link makes a file of a commit of a blob: a relative link, or a copy where there are no links.
func (f folder) link(commit, name, etag string) error {
	path := f.file(commit, name)
	if _, err := os.Stat(path); err == nil { // also what another tool has stored as a file
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	blob := f.blob(etag)
	to, err := filepath.Rel(filepath.Dir(path), blob)
	if err != nil {
		return err
	}
	err = os.Symlink(to, path)
	if errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(path); there == nil {
			return nil // another process was faster
		}
		if err := os.Remove(path); err != nil { // a link to a blob that is gone
			return err
		}
		err = os.Symlink(to, path)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if os.Link(blob, path) == nil {
		return nil
	}
	return copyFile(blob, path)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".copy-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}

// lock holds a name of the folder for this process until release is called. sure is false where the file system has no
// locks. huggingface_hub locks the same file.
func (f folder) lock(ctx context.Context, name string) (release func(), sure bool, err error) {
	path := filepath.Join(f.root, ".locks", f.name, name+".lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, false, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, false, err
	}
	for {
		switch err := tryLock(file); {
		case err == nil:
			return func() { file.Close() }, true, nil
		case errors.Is(err, errors.ErrUnsupported):
			return func() { file.Close() }, false, nil
		case !errors.Is(err, errHeld):
			return nil, false, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, false, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// errHeld tells that another process holds the lock.
var errHeld = errors.New("held by another process")
