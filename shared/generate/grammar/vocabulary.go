package grammar

import (
	"bytes"
	"slices"
)

// Vocabulary is the tokens of a tokenizer as a tree of bytes. It is built once a tokenizer.
type Vocabulary struct {
	size   int
	tree   []branch
	quotes []quoting // tokens with a quotation mark, which alone can end a field's name
}

// quoting is a token with a quotation mark.
type quoting struct {
	id   int32
	text []byte
}

// branch is a byte of some tokens.
type branch struct {
	b      byte
	tokens []int32 // that end here
	skip   int32   // index of the next branch that is not below this one
}

// NewVocabulary takes the bytes of each token, none for one that is not to be said, such as a special token.
func NewVocabulary(size int, bytesOf func(id int32) []byte) *Vocabulary {
	ids := make([]int32, 0, size)
	text := make([][]byte, size)
	for id := range int32(size) {
		if text[id] = bytesOf(id); len(text[id]) > 0 {
			ids = append(ids, id)
		}
	}
	v := &Vocabulary{size: size}
	for _, id := range ids {
		if bytes.IndexByte(text[id], '"') >= 0 {
			v.quotes = append(v.quotes, quoting{id, text[id]})
		}
	}
	slices.SortFunc(ids, func(a, b int32) int { return bytes.Compare(text[a], text[b]) })
	var path []int32 // branches of the token before
	for _, id := range ids {
		t := text[id]
		same := 0
		for same < len(path) && same < len(t) && v.tree[path[same]].b == t[same] {
			same++
		}
		v.close(path[same:])
		path = path[:same]
		for _, c := range t[same:] {
			path = append(path, int32(len(v.tree)))
			v.tree = append(v.tree, branch{b: c})
		}
		end := &v.tree[path[len(path)-1]]
		end.tokens = append(end.tokens, id)
	}
	v.close(path)
	return v
}

// close ends branches: what comes next is not below them.
func (v *Vocabulary) close(path []int32) {
	for _, p := range path {
		v.tree[p].skip = int32(len(v.tree))
	}
}

// Set is a set of tokens, a bit each.
type Set []uint64

func (s Set) has(id int32) bool { return s[id>>6]>>(id&63)&1 != 0 }

// allowed are the tokens that may come at a place; within, unless negative, is the most bytes that may be needed after one.
func (v *Vocabulary) allowed(g *Grammar, from int32, within int) (Set, error) {
	set := make(Set, (v.size+63)/64)
	depth := []struct{ until, at int32 }{{int32(len(v.tree)), from}} // ends of the branches it is below, and places after them
	for i := int32(0); i < int32(len(v.tree)); {
		for depth[len(depth)-1].until <= i {
			depth = depth[:len(depth)-1]
		}
		br := &v.tree[i]
		at, err := g.step(depth[len(depth)-1].at, br.b)
		if err != nil {
			return nil, err
		}
		if at == dead {
			i = br.skip
			continue
		}
		if within < 0 || int(g.states[at].least) <= within {
			for _, id := range br.tokens {
				set[id>>6] |= 1 << (id & 63)
			}
		}
		depth = append(depth, struct{ until, at int32 }{br.skip, at})
		i++
	}
	return set, nil
}
