package edge

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

// WranglerVersion is the one that the folder was tried with.
const WranglerVersion = "4.58.0"

//go:embed readme.md
var readmeEN string

//go:embed readme.zh-CN.md
var readmeZH string

// readme fills a README's template in.
func (w *Worker) readme(text string) ([]byte, error) {
	t, err := template.New("README").Parse(text)
	if err != nil {
		return nil, err
	}
	classifies := len(w.Adapters) > 0 && w.Adapters[0].TaskType == "SEQ_CLS"
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"W": w, "Wrangler": WranglerVersion, "Upload": w.Weights == R2 || w.Weights == KV, "Classifies": classifies,
		"MiB": func(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) },
	})
	return b.Bytes(), err
}

// bundled is the module that hands the script's own pieces over.
func bundled(where Weights, pieces []string) string {
	var b strings.Builder
	if where == Bundle {
		for i, name := range pieces {
			fmt.Fprintf(&b, "import p%d from \"./%s.bin\";\n", i, name)
		}
	}
	b.WriteString("export default {")
	if where == Bundle {
		for i, name := range pieces {
			fmt.Fprintf(&b, "\n\t%q: p%d,", name, i)
		}
		b.WriteString("\n")
	}
	b.WriteString("};\n")
	return b.String()
}

// upload is the script that fills the store. A piece that is there already is written again, which changes nothing.
func (w *Worker) upload(pieces []string) string {
	put := fmt.Sprintf(`r2 object put "%s/$piece" --file "$piece" --remote`, w.Store)
	if w.Weights == KV {
		put = fmt.Sprintf(`kv key put "$piece" --path "$piece" --namespace-id %q --remote`, w.Store)
	}
	return fmt.Sprintf(`#!/bin/sh
# Sends the pieces of the weights to %s. Give --local to fill the store of wrangler dev.
set -eu
cd "$(dirname "$0")"
for piece in %s; do
	if [ "${1:-}" = --local ]; then
		npx wrangler@%s %s
	else
		npx wrangler@%s %s
	fi
done
`, w.Weights, strings.Join(pieces, " "), WranglerVersion, strings.Replace(put, "--remote", "--local -c ../wrangler.jsonc --persist-to ../.wrangler/state", 1), WranglerVersion, put)
}
