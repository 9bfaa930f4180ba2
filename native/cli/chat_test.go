package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// template is ChatML, small enough for the test's model to read.
const template = `{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}a:{% endif %}`

func TestChat(t *testing.T) {
	s := newSetting(t)
	exit, _, stderr := run(t, "公司7\n", "chat", "--model", s.base)
	if exit != exitFailure || !strings.Contains(stderr, "no chat template") {
		t.Errorf("without a template: exit code %d, %s", exit, stderr)
	}
	write(t, filepath.Join(s.base, "chat_template.jinja"), template)
	exit, stdout, stderr := run(t, "公司7\n\n公司8\n/new\n公司7\n/exit\n公司9\n", "chat", "--model", s.base, "--max-new-tokens", "3", "--json")
	if exit != 0 {
		t.Fatalf("exit code %d, %s", exit, stderr)
	}
	replies := lines(stdout)
	if len(replies) != 3 {
		t.Fatalf("three lines were said before /exit, and the answers are %q", replies)
	}
	for _, r := range replies {
		if object(t, r)["role"] != "assistant" {
			t.Errorf("the answer is %s", r)
		}
	}
	if replies[0] != replies[2] {
		t.Errorf("after /new the first line is answered %s, and was %s", replies[2], replies[0])
	}
}
