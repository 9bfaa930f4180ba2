package generate

import "slices"

// room is a stretch of cache rows that one sequence's keys and values are in, those of its first token first.
type room struct {
	at, size int
	ids      []int32 // what is in it, from its first row on
	variant  int     // keys and values depend on the adapter
	busy     bool    // a sequence is being continued in it
	used     uint64  // when it was last, in passes
}

// shares is how many tokens at the start of ids are in the room already.
func (r *room) shares(ids []int32, variant int) int {
	n := 0
	if r.variant == variant {
		for n < len(ids) && n < len(r.ids) && ids[n] == r.ids[n] {
			n++
		}
	}
	return n
}

// rooms divides a cache. What a finished sequence left stays until its rows are needed, since another may begin alike.
type rooms struct {
	rows int
	all  []*room // in the order of their rows
}

// find is the room that shares most with ids.
func (c *rooms) find(ids []int32, variant int) (best *room, shared int) {
	for _, r := range c.all {
		if n := r.shares(ids, variant); n > shared || n == shared && n > 0 && best.busy && !r.busy {
			best, shared = r, n
		}
	}
	return best, shared
}

// grow makes an idle room at least size rows, at the cost of idle ones behind it; it reports whether that is possible.
func (c *rooms) grow(r *room, size int) bool {
	i := slices.Index(c.all, r)
	behind := i + 1
	for behind < len(c.all) && c.all[behind].at < r.at+size {
		if c.all[behind].busy {
			return false
		}
		behind++
	}
	if behind == len(c.all) && r.at+size > c.rows {
		return false
	}
	c.all = slices.Delete(c.all, i+1, behind)
	r.size = max(r.size, size)
	return true
}

// take makes a new room of size rows, where there is space or where idle rooms that were not used for longest give theirs, but
// not that of keep; nil if there is none.
func (c *rooms) take(size int, keep *room) *room {
	for {
		end := 0
		for i := 0; i <= len(c.all); i++ {
			next := c.rows
			if i < len(c.all) {
				next = c.all[i].at
			}
			if next-end >= size {
				r := &room{at: end, size: size}
				c.all = slices.Insert(c.all, i, r)
				return r
			}
			if i < len(c.all) {
				end = next + c.all[i].size
			}
		}
		var oldest *room
		for _, r := range c.all {
			if !r.busy && r != keep && (oldest == nil || r.used < oldest.used) {
				oldest = r
			}
		}
		if oldest == nil {
			return nil
		}
		c.drop(oldest)
	}
}

func (c *rooms) drop(r *room) {
	c.all = slices.Delete(c.all, slices.Index(c.all, r), slices.Index(c.all, r)+1)
}

// leave ends a sequence: the rows it did not fill are free.
func (c *rooms) leave(r *room, now uint64) {
	r.busy, r.used, r.size = false, now, len(r.ids)
	if r.size == 0 {
		c.drop(r)
	}
}
