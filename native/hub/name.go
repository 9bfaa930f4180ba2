package hub

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// Names from outside become paths. Those that could leave their folder, or mean another thing on another system, are
// refused.

const maxName = 1024 // bytes of a file's path

func checkRepo(name string) error {
	if !repoName.MatchString(name) || strings.Contains(name, "..") || strings.Contains(name, "--") ||
		strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.HasPrefix(name, "-") {
		return fmt.Errorf("%q is not the name of a repository, expected org/name", name)
	}
	return nil
}

func checkRevision(name string) error {
	if err := checkFile(name); err != nil || strings.ContainsAny(name, " ?*[~^") {
		return fmt.Errorf("revision %q: expected a branch, a tag or a commit", name)
	}
	return nil
}

// checkFile refuses what is not a plain relative path of a file.
func checkFile(name string) error {
	bad := !fs.ValidPath(name) || name == "." || len(name) > maxName || strings.ContainsAny(name, "\\:<>|\"") ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || strings.Trim(part, ". ") == "" || len(part) > 255
	}
	if bad {
		return fmt.Errorf("file name %q is not allowed", name)
	}
	return nil
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	commitID  = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// checkID refuses an etag or a commit that could not be a file's name.
func checkID(what, id string) error {
	if !plainName.MatchString(id) || strings.HasSuffix(id, ".incomplete") {
		return fmt.Errorf("%s %q is not allowed", what, id)
	}
	return nil
}
