package engine_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"graft/shared/chat"
	"graft/shared/generate/grammar"
	"graft/shared/model"
	"graft/shared/tokenizer"
	"graft/shared/weights"
)

// hostileBytes is what reading any of the files of TestHostile may take at most, far less than they say they hold.
const hostileBytes = 512 << 20

// hostileTime is when a test that does not end is called that.
const hostileTime = 2 * time.Minute

// TestHostile: files made to exhaust memory or time end in errors, whatever part of a model they pretend to be. Each parser
// has its own longer table (TestGGUFHostile, TestSafetensorsHostile, TestBitsandbytesHostile, TestSentencePieceErrors,
// TestLimits of package chat, TestHostileNames and TestHostileArtifacts of package hub) and its fuzz test.
func TestHostile(t *testing.T) {
	gguf := func(tensors, pairs uint64, rest ...any) []byte {
		b := bytes.NewBufferString("GGUF")
		for _, v := range append([]any{uint32(3), tensors, pairs}, rest...) {
			if s, ok := v.(string); ok {
				b.WriteString(s)
			} else if err := binary.Write(b, binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	small := chat.Limits{Steps: 200_000, Memory: 4 << 20, Output: 1 << 20, Calls: 50} // the default ones take longer to reach
	const four = uint64(4 << 30)
	open := func(file []byte) func() error {
		return func() error { _, err := weights.OpenGGUF(weights.InMemory(file)); return err }
	}
	safetensors := func(size uint64, header string) func() error {
		return func() error {
			file := append(binary.LittleEndian.AppendUint64(nil, size), header...)
			_, err := weights.OpenSafetensors(weights.InMemory(file))
			return err
		}
	}
	render := func(src string) func() error {
		return func() error {
			tmpl, err := chat.Parse(src)
			if err == nil {
				_, err = tmpl.Render(chat.Input{Messages: []chat.Value{chat.Message("user", strings.Repeat("ab ", 100))}, Limits: small})
			}
			return err
		}
	}
	parse := func(s string) func() error {
		return func() error { _, err := tokenizer.Parse([]byte(s)); return err }
	}
	spm := func(b ...byte) func() error {
		return func() error { _, err := tokenizer.FromSentencePiece(b, nil); return err }
	}
	charsmap := append(make([]byte, 4), strings.Repeat("x", 1<<20)...) // a character that becomes a megabyte
	const sizes = `"vocab_size":96,"hidden_size":64,"intermediate_size":96,"num_attention_heads":4`
	for name, read := range map[string]func() error{
		"gguf: 2^60 tensors":              open(gguf(1<<60, 0)),
		"gguf: a key of 4 GB":             open(gguf(0, 1, four)),
		"gguf: a string of 4 GB":          open(gguf(0, 1, uint64(1), "k", uint32(8), four, "x")),
		"gguf: an array of 4 G strings":   open(gguf(0, 1, uint64(1), "k", uint32(9), uint32(8), four, "x")),
		"gguf: a tensor of 2^62 bytes":    open(gguf(1, 0, uint64(1), "x", uint32(2), uint64(1<<30), uint64(1<<30), uint32(0), uint64(0))),
		"safetensors: a header of 4 GB":   safetensors(four, "{}"),
		"safetensors: a header of 2^64":   safetensors(math.MaxUint64, "{}"),
		"safetensors: a shape that wraps": safetensors(71, `{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`),
		"config.json: 10^9 layers": func() error {
			_, err := model.New([]byte(`{"model_type":"llama",` + sizes + `,"num_hidden_layers":1000000000}`))
			return err
		},
		"config.json: nested 10^6 deep": func() error {
			_, err := model.New([]byte(`{"rope_scaling":` + strings.Repeat("[", 1_000_000)))
			return err
		},
		"template: a namespace in itself":     render("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}"),
		"template: a macro that calls itself": render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
		"template: 10^10 steps":               render("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"),
		"template: a string of 4 GB":          render("{{ 'a' * 4294967296 }}"),
		"template: 2^100 characters":          render("{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}"),
		"template: nested 10^6 deep":          render(strings.Repeat("{{(", 1_000_000)),
		"tokenizer.json: id 2^31-1":           parse(`{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}`),
		"tokenizer.json: nested 10^6 deep":    parse(`{"model":` + strings.Repeat(`{"a":`, 1_000_000)),
		"tokenizer.json: a table that grows":  parse(`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"` + base64.StdEncoding.EncodeToString(charsmap) + `"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`),
		"tokenizer.model: a piece of 2^63":    spm(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"tokenizer.model: a piece of 4 GB":    spm(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10),
		"a form: a regex of 10^9 states":      func() error { _, err := grammar.Regexp(`((a{1000}){1000}){1000}`); return err },
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			done := make(chan error, 1)
			go func() { done <- read() }()
			select {
			case err := <-done:
				if err == nil {
					t.Error("no error")
				}
			case <-time.After(hostileTime):
				t.Fatal("does not end")
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > hostileBytes {
				t.Errorf("takes %d MB", n>>20)
			}
		})
	}
}
