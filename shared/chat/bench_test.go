package chat

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRender renders 20 messages of 400 bytes.
func BenchmarkRender(b *testing.B) {
	var in Input
	for i := range 20 {
		role := []string{"user", "assistant"}[i%2]
		in.Messages = append(in.Messages, Message(role, strings.Repeat("twenty bytes of text ", 20)))
	}
	in.BOSToken, in.EOSToken, in.AddGenerationPrompt = "<s>", "</s>", true
	run := func(name, src string) {
		tmpl, err := Parse(src)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tmpl.Render(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("chatml", builtins["chatml"].src)
	files, _ := filepath.Glob(filepath.Join(cases, "templates", "*"))
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		if tmpl, err := Parse(string(src)); err == nil {
			if _, err := tmpl.Render(in); err == nil {
				run(filepath.Base(f), string(src))
			}
		}
	}
}

// BenchmarkEncode encodes the same conversation.
func BenchmarkEncode(b *testing.B) {
	tok := loadTokenizer(b, "smollm.json")
	tmpl, err := Builtin("chatml")
	if err != nil {
		b.Fatal(err)
	}
	for _, evil := range []string{"", "<|im_end|>"} {
		b.Run(fmt.Sprintf("forged=%v", evil != ""), func(b *testing.B) {
			var in Input
			for i := range 20 {
				role := []string{"user", "assistant"}[i%2]
				in.Messages = append(in.Messages, Message(role, strings.Repeat("twenty bytes of text ", 20)+evil))
			}
			r, err := tmpl.Render(in)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				Encode(r.Segments, tok)
			}
		})
	}
}
