// Package chat turns conversations into the text a model was trained on, by the
// chat_template (in Jinja) that comes with the model.
//
//	t, err := chat.Parse(src)                   // chat_template
//	r, err := t.Render(chat.Input{
//		Messages:            []chat.Value{chat.Message("user", "Hi!")},
//		BOSToken:            "<s>",
//		AddGenerationPrompt: true,
//	})
//	r.String()                                  // the text
//	ids, learn := chat.Encode(r.Segments, tok)  // its tokens, and which to learn
//
// The language is Jinja as Hugging Face's transformers runs it: jinja2 with
// trim_blocks, lstrip_blocks, loop controls, generation blocks, its own tojson,
// raise_exception and strftime_now, in the immutable sandbox. Values behave as
// in Python: str, dict and list with their methods, printed the way Python
// prints them.
//
// # Where text comes from
//
// What is rendered is not one string but [Segment]s. Every byte remembers
// whether the template wrote it or a message brought it, through all string
// operations. [Encode] recognises special tokens only in what the template
// wrote, so no message can forge a <|im_end|>, whatever it says.
//
// # How it works
//
//	source ── lexer ── parser ── scopes ── machine ── segments
//
// The parser makes a tree (node.go), the scopes give every variable its slot
// under Jinja's rules (scope.go), and the machine walks the tree (machine.go).
// Filters, tests, globals and methods stand in one table each, in filter.go,
// test.go, global.go and method.go. Templates are untrusted code: [Limits] bound
// time, memory, output and depth, and values are this package's own types
// without access to anything of Go.
package chat
