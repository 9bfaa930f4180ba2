package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// rangesAtOnce is how many ranges of one file are downloaded at once. A range waits in memory until those before it
// are written, so that what is on disk is always the file's beginning, which any later attempt goes on from.
const rangesAtOnce = 4

// errNoRanges tells that the server sends the whole file whatever range is asked for.
var errNoRanges = errors.New("the server does not send ranges")

// transferRanges downloads what is missing by several ranges at once. Of a range that fails for good, and of those after
// it, nothing is written.
func (h *Hub) transferRanges(ctx context.Context, p *part, b blob, have func(int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	type answer struct {
		data []byte
		err  error
	}
	var waiting []chan answer // of the ranges under way, in order
	defer func() {
		cancel()
		for _, w := range waiting {
			<-w
		}
	}()
	from := p.n
	begin := func() {
		if from >= b.size {
			return
		}
		at, length := from, min(h.chunk, b.size-from)
		w := make(chan answer, 1)
		go func() {
			data, err := h.readRange(ctx, b, at, length)
			w <- answer{data, err}
		}()
		waiting = append(waiting, w)
		from += length
	}
	for range rangesAtOnce {
		begin()
	}
	for len(waiting) > 0 {
		a := <-waiting[0]
		waiting = waiting[1:]
		if a.err != nil {
			return a.err
		}
		if err := p.write(a.data); err != nil {
			return err
		}
		have(p.n)
		begin()
	}
	return nil
}

// readRange reads a range, and where it breaks off goes on from there.
func (h *Hub) readRange(ctx context.Context, b blob, at, length int64) ([]byte, error) {
	data := make([]byte, length)
	n := 0
	err := h.retry(ctx, func() (bool, error) {
		before := n
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		watch := time.AfterFunc(h.stall, func() { cancel(errStalled) })
		defer watch.Stop()
		body, start, err := b.open(ctx, at+int64(n), length-int64(n))
		if err != nil {
			return false, stalled(ctx, err)
		}
		defer body.Close()
		if start != at+int64(n) {
			if start == 0 {
				return false, errNoRanges
			}
			return false, fmt.Errorf("%s: the server sends from byte %d on, expected %d", b.name, start, at+int64(n))
		}
		for n < len(data) {
			k, err := body.Read(data[n:])
			watch.Reset(h.stall)
			n += k
			if err == io.EOF && n < len(data) {
				return n > before, fmt.Errorf("%s: %d of %d bytes of a range: %w", b.name, n, len(data), io.ErrUnexpectedEOF)
			}
			if err != nil && err != io.EOF {
				return n > before, stalled(ctx, err)
			}
		}
		return true, nil
	})
	return data, err
}
