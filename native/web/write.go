package web

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write leaves the site in a folder, for hosts that serve files and nothing else. The page's Service Worker then sends the
// headers that isolate it.
func (s *Site) Write(folder string) error {
	for _, files := range []map[string]*file{s.pages, s.models} {
		for name, f := range files {
			if err := f.write(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func (f *file) write(to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	from, err := f.reader()
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, from); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
