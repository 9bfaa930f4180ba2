package edge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"graft/shared/weights"
)

// File is one file of a model's or an adapter's directory.
type File struct {
	Name string // in the directory, with slashes
	Path string // where it lies
	Size int64  // bytes
}

// wanted are the files of a directory that an engine may read; the last ones are sentence-transformers'.
var wanted = []string{
	"adapter_config.json", "graft.json",
	"config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
	"chat_template.jinja", "chat_template.json", "*.safetensors", "*.safetensors.index.json", "*.gguf",
	"modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "*_Pooling/config.json", "*_Dense/config.json", "*_Dense/model.safetensors",
}

// unwanted is one of them that only training reads.
const unwanted = "trained.safetensors"

// Files lists the files that an engine may read of a directory, or the GGUF file that path is with the parts it was split into.
func Files(path string) ([]File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var names []string
	dir := path
	if info.IsDir() {
		if names, err = namesIn(path); err != nil {
			return nil, err
		}
	} else {
		dir = filepath.Dir(path)
		if names = weights.SplitNames(filepath.Base(path)); names == nil {
			names = []string{filepath.Base(path)}
		}
	}
	var files []File
	for _, name := range names {
		p := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			files = append(files, File{name, p, info.Size()})
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file of a model or an adapter is there", path)
	}
	return files, nil
}

func namesIn(dir string) ([]string, error) {
	var names []string
	literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
	for _, pattern := range wanted {
		found, err := filepath.Glob(filepath.Join(literal, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			name, err := filepath.Rel(dir, p)
			if err != nil {
				return nil, err
			}
			if name != unwanted {
				names = append(names, filepath.ToSlash(name))
			}
		}
	}
	return names, nil
}

// Reweighted gives a model's files with others in place of its weights and of those of the same name.
func Reweighted(files, others []File) []File {
	replaced := map[string]bool{}
	for _, f := range others {
		replaced[f.Name] = true
	}
	var out []File
	for _, f := range files {
		isWeights := !strings.Contains(f.Name, "/") && (strings.HasSuffix(f.Name, ".safetensors") || strings.HasSuffix(f.Name, ".index.json") || strings.HasSuffix(f.Name, ".gguf"))
		if !isWeights && !replaced[f.Name] {
			out = append(out, f)
		}
	}
	return append(out, others...)
}
