package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// blob is a content to be had.
type blob struct {
	name string // of the file, for messages
	etag string // its name in the cache
	size int64  // -1: unknown
	// sum is what its bytes are checked with.
	sum checksum
	// steady: what comes of several requests is of one content, or it shows.
	steady bool
	// open begins to read length bytes of the content at an offset, toEnd for all that follow, or at 0 if the server cannot
	// do that; it tells which.
	open func(ctx context.Context, offset, length int64) (body io.ReadCloser, start int64, err error)
}

// checksum is a content's expected checksum. The zero value checks nothing.
type checksum struct {
	kind string // "sha256", or "git" for git's SHA-1 of a blob
	hex  string
}

// sumOf tells what an etag of the hub is.
func sumOf(etag string) checksum {
	_, err := hex.DecodeString(etag)
	switch {
	case err == nil && len(etag) == 2*sha256.Size:
		return checksum{"sha256", etag}
	case err == nil && len(etag) == 2*sha1.Size:
		return checksum{"git", etag}
	}
	return checksum{}
}

// start begins to sum a content of so many bytes. Git's sum begins with the size; where it is unknown nothing is checked.
func (c checksum) start(size int64) hash.Hash {
	switch {
	case c.kind == "sha256":
		return sha256.New()
	case c.kind == "git" && size >= 0:
		h := sha1.New()
		io.WriteString(h, "blob "+strconv.FormatInt(size, 10)+"\x00")
		return h
	}
	return nil
}

// damagedError tells that a content is not the expected one.
type damagedError struct{ name, kind, got, want string }

func (e *damagedError) Error() string {
	return fmt.Sprintf("%s: what was downloaded is damaged: %s is %s, expected %s", e.name, e.kind, e.got, e.want)
}

// fetch brings a blob into the folder, unless it is there. have is told how many bytes are there, when it is known first
// and then again and again; a number may be lower than the one before, where damaged bytes were thrown away.
func (h *Hub) fetch(ctx context.Context, f folder, b blob, have func(int64)) error {
	final := f.blob(b.etag)
	if present(final, b.size, have) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o777); err != nil {
		return err
	}
	release, sure, err := f.lock(ctx, b.etag)
	if err != nil {
		return err
	}
	defer release()
	if present(final, b.size, have) { // another process was faster
		return nil
	}
	path := final + ".incomplete"
	if !sure {
		path = fmt.Sprintf("%s.%d.incomplete", final, os.Getpid())
	}
	part, err := openPart(path, b)
	if err != nil {
		return err
	}
	defer part.file.Close()
	have(part.n)
	if err := room(path, b.size-part.n); err != nil {
		return err
	}
	for fresh := part.n == 0; ; fresh = true {
		if err := h.retry(ctx, func() (bool, error) {
			before := part.n
			err := h.transfer(ctx, part, b, have)
			return part.n > before, err
		}); err != nil {
			return err
		}
		err := part.verify(b)
		if err == nil {
			break
		}
		if err := part.reset(b); err != nil { // the next attempt shall not begin with it
			return err
		}
		if fresh {
			return err
		}
		h.note(err.Error() + "; downloading it again") // the damage may be in what an earlier run had left
		have(0)
	}
	if err := errors.Join(part.file.Sync(), part.file.Close()); err != nil {
		return err
	}
	return os.Rename(path, final)
}

func present(path string, size int64, have func(int64)) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || size >= 0 && info.Size() != size {
		return false
	}
	have(info.Size())
	return true
}

// part is a content on its way.
type part struct {
	file *os.File
	n    int64 // bytes that are there
	sum  hash.Hash
}

// openPart opens what an earlier attempt has left, and sums it.
func openPart(path string, b blob) (*part, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file", path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	p := &part{file: file, sum: b.sum.start(b.size)}
	w := io.Discard
	if p.sum != nil {
		w = p.sum
	}
	if p.n, err = io.Copy(w, file); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	if b.size >= 0 && p.n > b.size {
		err = p.reset(b)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// reset throws away what is there.
func (p *part) reset(b blob) error {
	p.n, p.sum = 0, b.sum.start(b.size)
	_, err := p.file.Seek(0, io.SeekStart)
	return errors.Join(err, p.file.Truncate(0))
}

// verify compares size and checksum.
func (p *part) verify(b blob) error {
	if b.size >= 0 && p.n != b.size {
		return &damagedError{b.name, "the size", strconv.FormatInt(p.n, 10), strconv.FormatInt(b.size, 10)}
	}
	if p.sum == nil {
		return nil
	}
	if got := hex.EncodeToString(p.sum.Sum(nil)); got != b.sum.hex {
		return &damagedError{b.name, map[string]string{"sha256": "SHA-256", "git": "git's SHA-1"}[b.sum.kind], got, b.sum.hex}
	}
	return nil
}

// transfer downloads what is missing.
func (h *Hub) transfer(ctx context.Context, p *part, b blob, have func(int64)) error {
	if b.size >= 0 && p.n == b.size {
		return nil
	}
	if b.steady && b.size-p.n > h.chunk {
		if err := h.transferRanges(ctx, p, b, have); !errors.Is(err, errNoRanges) {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(h.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	body, start, err := b.open(ctx, p.n, toEnd)
	if err != nil {
		return stalled(ctx, err)
	}
	defer body.Close()
	if start != p.n {
		if start != 0 {
			return fmt.Errorf("%s: the server sends from byte %d on, expected %d", b.name, start, p.n)
		}
		if err := p.reset(b); err != nil {
			return err
		}
	}
	buf := make([]byte, 128<<10)
	for {
		n, err := body.Read(buf)
		watch.Reset(h.stall)
		if n > 0 {
			if b.size >= 0 && p.n+int64(n) > b.size {
				n = int(b.size - p.n)
				err = errors.Join(fmt.Errorf("%s: the server sends more than the %d bytes it has announced", b.name, b.size), p.write(buf[:n]))
				return err
			}
			if err := p.write(buf[:n]); err != nil {
				return err
			}
			have(p.n)
		}
		switch {
		case err == io.EOF && b.size >= 0 && p.n < b.size:
			return fmt.Errorf("%s: %d of %d bytes: %w", b.name, p.n, b.size, io.ErrUnexpectedEOF)
		case err == io.EOF:
			return nil
		case err != nil:
			return stalled(ctx, err)
		}
	}
}

// stalled tells the cause where it is that nothing came.
func stalled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

func (p *part) write(data []byte) error {
	n, err := p.file.Write(data)
	if p.sum != nil {
		p.sum.Write(data[:n])
	}
	p.n += int64(n)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			return fmt.Errorf("%s: %w; what is there stays, and the next attempt goes on from it", filepath.Dir(at.Path), at.Err)
		}
	}
	return err
}
