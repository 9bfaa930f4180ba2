// Package dataset reads examples and makes batches of them.
//
// The way from a file to the device has four stages, one a file:
//
//	Read      a CSV, TSV, JSON, JSONL or text file → Table: rows that know their line, checked to the character
//	Labels    the label set: from the training rows or from a model's id2label
//	Encode    rows → Sequences of tokens (the tokenizer is a function that is passed in)
//	Schedule  which rows each optimiser step sees: a pure function of the seed, so that a run resumes exactly
//	Pack      Sequences → Batch: back to back, no padding between them, padded to a bucket at the end
//
// Every fault of a file is an *Error: file, line, column, what was expected and what was got. Reading goes on after a
// fault that leaves the next row readable, so that one run reports many of them.
package dataset

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"
)

// Form is what a row holds.
type Form int

const (
	Labelled   Form = iota // a text and its label: SEQ_CLS
	Plain                  // a text: every token is learnt, or the text is to be predicted
	Completion             // a prompt and its completion: the completion is learnt
	Chat                   // messages: what the assistant says is learnt
	ShareGPT               // conversations of {from, value}; a Table of it is a Chat
	Alpaca                 // instruction, input and output; a Table of it is a Chat
	CausalLM               // asked of Read only: Chat, Completion or Plain, the first whose columns the file has
)

// Columns says which form is wanted and what the columns (CSV) or keys (JSONL) are called; an empty name means the
// default: text, label, prompt, completion, messages.
type Columns struct {
	Form                                      Form
	Text, Label, Prompt, Completion, Messages string
}

// Row is one example.
type Row struct {
	Line               int // of the file, from 1, where the row begins
	Text, Label        string
	Prompt, Completion string
	Messages           []Message
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system, user, assistant or tool
	Content string `json:"content"`
}

// Table is what a file holds: rows of one form, in the file's order.
type Table struct {
	Name string // of the file, for errors
	Form Form
	Rows []Row
}

// formats is every kind of file that can be read, by the end of its name.
var formats = []struct {
	ext  string
	read func(r io.Reader, name string, o Columns) (*Table, error)
}{
	{".csv", ReadCSV},
	{".tsv", ReadTSV},
	{".json", ReadJSON},
	{".jsonl", ReadJSONL},
	{".ndjson", ReadJSONL},
	{".txt", ReadText},
}

// Read reads a file by the end of its name: .csv, .tsv, .json, .jsonl, .ndjson or .txt. The error is an Errors, each with its place.
func Read(r io.Reader, name string, o Columns) (*Table, error) {
	ext := strings.ToLower(path.Ext(name))
	var known []string
	for _, f := range formats {
		if f.ext == ext {
			return f.read(r, name, o)
		}
		known = append(known, f.ext)
	}
	return nil, fmt.Errorf("%s: file type %q is not known, expected one of %s", name, ext, strings.Join(known, " "))
}

// The columns of a form. A column is used under the name that Columns gives it.
const (
	text       = "text"
	label      = "label"
	prompt     = "prompt"
	completion = "completion"
	messages   = "messages"

	conversations = "conversations"
	instruction   = "instruction"
	output        = "output"
)

// columnsOf is the table of forms: what a row of each needs.
var columnsOf = map[Form][]string{
	Labelled:   {text, label},
	Plain:      {text},
	Completion: {prompt, completion},
	Chat:       {messages},
	ShareGPT:   {conversations},
	Alpaca:     {instruction, output},
}

func (f Form) String() string {
	switch f {
	case Labelled:
		return "labelled text"
	case Plain:
		return "text"
	case Completion:
		return "prompt and completion"
	case Chat:
		return "messages"
	case ShareGPT:
		return "conversations"
	case Alpaca:
		return "instruction and output"
	case CausalLM:
		return "messages, prompt and completion, or text"
	}
	return fmt.Sprintf("form %d", int(f))
}

// named is the name a column goes by in the file.
func (o Columns) named(column string) string {
	switch column {
	case text:
		return cmp.Or(o.Text, text)
	case label:
		return cmp.Or(o.Label, label)
	case prompt:
		return cmp.Or(o.Prompt, prompt)
	case completion:
		return cmp.Or(o.Completion, completion)
	case messages:
		return cmp.Or(o.Messages, messages)
	case conversations, instruction, output:
		return column
	}
	panic("BUG: unknown column " + column)
}

// form is the form to read given the names a file has: the wanted one or, of CausalLM, the first of some that is there.
// missing are the columns of it that are not.
func (o Columns) form(some []Form, has func(name string) bool) (f Form, missing []string) {
	absent := func(f Form) (names []string) {
		for _, c := range columnsOf[f] {
			if n := o.named(c); !has(n) {
				names = append(names, n)
			}
		}
		return names
	}
	if o.Form != CausalLM {
		return o.Form, absent(o.Form)
	}
	nearest := Plain // the form whose missing columns are told: the one that has some of its columns, or plain text
	for _, f := range some {
		lack := absent(f)
		if len(lack) == 0 {
			return f, nil
		}
		if len(lack) < len(columnsOf[f]) {
			nearest = f
		}
	}
	return nearest, absent(nearest)
}

// set stores the value of a text column.
func (r *Row) set(column, value string) {
	switch column {
	case text:
		r.Text = value
	case label:
		r.Label = value
	case prompt, instruction:
		r.Prompt = value
	case completion, output:
		r.Completion = value
	default:
		panic("BUG: column " + column + " is not text")
	}
}
