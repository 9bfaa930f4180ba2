package chat

import (
	"cmp"
	"slices"
	"strings"
)

// turnEnds are tokens by which models end their turns.
var turnEnds = []string{
	"<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<turn|>", "<|end|>", "<|end_of_text|>", "<|endoftext|>",
	"<|END_OF_TURN_TOKEN|>", "<｜end▁of▁sentence｜>", "<|eot|>", "<|end_of_turn|>", "<|return|>", "<|call|>", "</s>",
}

// RenderLearn renders a conversation to learn from: what the assistant said is
// marked by Learn.
//
// A template with generation blocks says itself what that is. For others, it is
// found by where the text comes from: everything from the first to the last byte
// that an assistant's message brought, with what the template wrote between, from
// the end of the generation prompt before it, if there is one, to the token that
// ends the turn. ends are such tokens; without, EOSToken and common ones count.
func (t *Template) RenderLearn(in Input, ends ...string) (Result, error) {
	r, err := t.Render(in)
	if err != nil || t.learns {
		return r, err
	}
	if len(ends) == 0 {
		ends = turnEnds
		if in.EOSToken != "" {
			ends = append([]string{in.EOSToken}, ends...)
		}
	}
	l := newLayout(r.Segments)
	r.Segments = l.marked(l.turns(t.prompt(in), ends))
	return r, nil
}

// prompt is the generation prompt, as far as it differs from what stands there
// without, "" if there is none.
func (t *Template) prompt(in Input) string {
	var texts [2]string
	for i := range texts {
		in.AddGenerationPrompt = i == 1
		r, err := t.Render(in)
		if err != nil {
			return ""
		}
		texts[i] = r.String()
	}
	same := 0
	for same < min(len(texts[0]), len(texts[1])) && texts[0][same] == texts[1][same] {
		same++
	}
	return texts[1][same:]
}

// turns are the ranges of the text that assistants wrote.
func (l *layout) turns(prompt string, ends []string) [][2]int {
	var all [][2]int
	before := 0 // end of the last untrusted text
	for i := 0; i < len(l.segments); i++ {
		s := &l.segments[i]
		if s.Trusted {
			continue
		}
		start, end := l.ends[i]-len(s.Text), l.ends[i]
		if s.Role != "assistant" && s.Role != "model" {
			before = end
			continue
		}
		next := len(l.text) // where the next untrusted text starts
		for k := i + 1; k < len(l.segments); k++ {
			n := &l.segments[k]
			if n.Trusted {
				continue
			}
			if n.Message != s.Message {
				next = l.ends[k] - len(n.Text)
				break
			}
			i, end = k, l.ends[k]
		}
		if at := afterPrompt(l.text[before:start], prompt); at >= 0 {
			start = before + at
		}
		if n := firstEnd(l.text[end:next], ends); n > 0 {
			end += n
		}
		all = append(all, [2]int{start, end})
		before = end
	}
	return all
}

// afterPrompt is where the last generation prompt in s ends, or as much of its
// start as is there, up to the end of a line or tag: of prompts that go on with
// <think>, answers have only the start. It is -1 if there is none.
func afterPrompt(s, prompt string) int {
	for prompt != "" {
		if i := strings.LastIndex(s, prompt); i >= 0 {
			return i + len(prompt)
		}
		prompt = prompt[:strings.LastIndexAny(prompt[:len(prompt)-1], "\n>]")+1]
	}
	return -1
}

// firstEnd is where the first of the ends in s ends, 0 if there is none.
func firstEnd(s string, ends []string) int {
	best := [2]int{len(s), 0}
	for _, e := range ends {
		if e == "" {
			continue
		}
		if i := strings.Index(s, e); i >= 0 && (i < best[0] || i == best[0] && i+len(e) > best[1]) {
			best = [2]int{i, i + len(e)}
		}
	}
	return best[1]
}

// marked are the segments, cut at the ends of ranges, with Learn set inside.
func (l *layout) marked(ranges [][2]int) []Segment {
	var cuts []int
	for _, r := range ranges {
		cuts = append(cuts, r[0], r[1])
	}
	inside := func(i int) bool {
		k, found := slices.BinarySearchFunc(ranges, i, func(r [2]int, i int) int { return cmp.Compare(r[0], i) })
		if !found {
			k--
		}
		return k >= 0 && i < ranges[k][1]
	}
	var all []Segment
	start := 0
	for i, s := range l.segments {
		for start < l.ends[i] {
			end := l.ends[i]
			if k, _ := slices.BinarySearch(cuts, start+1); k < len(cuts) {
				end = min(end, cuts[k])
			}
			part := s
			part.Text = l.text[start:end]
			part.Learn = inside(start)
			all = append(all, part)
			start = end
		}
	}
	return all
}
