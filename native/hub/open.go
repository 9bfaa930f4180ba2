package hub

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// toEnd is the length of a range that has no end.
const toEnd = -1

// opener begins downloads of a URL at any offset. tag, if not "", is the ETag that the content must have still.
func (h *Hub) opener(target, tag, name string) func(context.Context, int64, int64) (io.ReadCloser, int64, error) {
	return func(ctx context.Context, offset, length int64) (io.ReadCloser, int64, error) {
		return openRange(name, offset, length, func(r string) (*http.Response, error) {
			req, err := h.request(ctx, http.MethodGet, target)
			if err != nil {
				return nil, err
			}
			if r != "" {
				req.Header.Set("Range", r)
				if tag != "" {
					req.Header.Set("If-Range", tag)
				}
			}
			return h.send(req, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
		})
	}
}

// openRange begins to read length bytes of a content at an offset, toEnd for all that follow; or all of it from 0 on,
// where the server does not send parts. It tells where what it gives starts. get asks for a range, "" for all.
func openRange(name string, offset, length int64, get func(r string) (*http.Response, error)) (io.ReadCloser, int64, error) {
	r := ""
	if offset > 0 || length != toEnd {
		r = "bytes=" + strconv.FormatInt(offset, 10) + "-"
	}
	if length != toEnd {
		r += strconv.FormatInt(offset+length-1, 10)
	}
	resp, err := get(r)
	if err != nil {
		return nil, 0, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return resp.Body, 0, nil
	case resp.StatusCode == http.StatusPartialContent:
		var start, end int64
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/", &start, &end); err != nil {
			resp.Body.Close()
			return nil, 0, fmt.Errorf("%s: the server sends the range %q", name, clean(resp.Header.Get("Content-Range")))
		}
		return resp.Body, start, nil
	}
	resp.Body.Close()
	if r == "" {
		return nil, 0, fmt.Errorf("%s: the server has no byte of it", name)
	}
	return openRange(name, 0, toEnd, get) // it has less than is here: from the start, then
}
