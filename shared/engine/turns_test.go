package engine

import (
	"testing"

	"graft/shared/chat"
)

// TestTurns lays conversations out as Gemma's and ChatML's own templates do.
func TestTurns(t *testing.T) {
	messages := []chat.Value{chat.Message("system", "Be brief."), chat.Message("user", " Hello "), chat.Message("assistant", "Hi"), chat.Message("user", "Bye")}
	want := []string{
		"<bos><start_of_turn>user\nBe brief.\n\nHello<end_of_turn>\n<start_of_turn>model\nHi<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
		"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hello <|im_end|>\n<|im_start|>assistant\nHi<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
	}
	for i, row := range turns {
		template, err := chat.Parse(row.template)
		if err != nil {
			t.Fatal(err)
		}
		r, err := template.Render(chat.Input{Messages: messages, AddGenerationPrompt: true, BOSToken: "<bos>"})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range r.Segments {
			got += s.Text
		}
		if got != want[i] {
			t.Errorf("%s: got %q, expected %q", row.start, got, want[i])
		}
	}
}
