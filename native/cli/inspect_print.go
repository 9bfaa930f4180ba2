package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"graft/native/term"
	"graft/shared/adapter"
)

// printInspected writes tables for a person.
func (a *app) printInspected(in *inspected) error {
	of := a.lang.of
	fmt.Fprintf(a.Stdout, "%s: %s, %s %s, %s\n\n", in.Path, in.Kind, term.Count(in.Parameters), of(text{"parameters", "个参数"}), term.Bytes(in.Bytes))
	name, size := term.Column{Name: of(text{"tensor", "张量"})}, term.Column{Name: of(text{"size", "大小"}), Right: true}
	dtype, shape := term.Column{Name: of(text{"type", "类型"})}, term.Column{Name: of(text{"shape", "形状"}), Right: true}
	var rows [][]string
	for _, t := range in.Tensors {
		rows = append(rows, []string{t.Name, t.DType, strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Shape), " ", "×"), "[]"), term.Bytes(t.Bytes)})
	}
	if err := a.out.Table([]term.Column{name, dtype, shape, size}, rows); err != nil {
		return err
	}
	rows = nil
	for _, t := range in.DTypes {
		rows = append(rows, []string{t.DType, term.Count(int64(t.Tensors)), term.Count(t.Parameters), term.Bytes(t.Bytes)})
	}
	fmt.Fprintln(a.Stdout)
	if err := a.out.Table([]term.Column{dtype, {Name: of(text{"tensors", "张量数"}), Right: true}, {Name: of(text{"parameters", "参数"}), Right: true}, size}, rows); err != nil {
		return err
	}
	if rows = in.facts(); len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(a.Stdout)
	return a.out.Table([]term.Column{{Name: of(text{"key", "键"})}, {Name: of(msgValue)}}, rows)
}

// facts are the configuration and metadata as rows.
func (in *inspected) facts() (rows [][]string) {
	var config map[string]json.RawMessage
	if json.Unmarshal(in.Config, &config) == nil {
		for _, key := range sortedKeys(config) {
			if v := string(config[key]); v != "null" {
				rows = append(rows, []string{key, compact(v)})
			}
		}
	}
	if in.Sidecar != nil {
		var side map[string]json.RawMessage
		if data, err := json.Marshal(in.Sidecar); err == nil && json.Unmarshal(data, &side) == nil {
			for _, key := range sortedKeys(side) {
				rows = append(rows, []string{adapter.SidecarName + " " + key, compact(string(side[key]))})
			}
		}
	}
	for _, key := range in.keys {
		rows = append(rows, []string{key, compact(fmt.Sprintf("%s", in.Metadata[key]))})
	}
	return rows
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// compact is a value on one line, cut.
func compact(v string) string {
	return term.Truncate(strings.Join(strings.Fields(v), " "), 100)
}
