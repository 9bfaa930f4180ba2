package engine

import (
	"fmt"

	"graft/shared/api"
	"graft/shared/chat"
	"graft/shared/dataset"
)

// renderChat lays a conversation out as the model was taught to read it.
func (b *Base) renderChat(messages []chat.Value, reply bool) (chat.Result, error) {
	if b.ChatTemplate == "" {
		return chat.Result{}, fmt.Errorf("%s has no chat template: give a prompt, not messages", b.Name)
	}
	t, err := chat.Parse(b.ChatTemplate)
	if err != nil {
		return chat.Result{}, fmt.Errorf("chat template: %w", err)
	}
	in := chat.Input{Messages: messages, AddGenerationPrompt: reply}
	cfg := b.Model.Config()
	if cfg.BOSTokenID != nil {
		in.BOSToken = b.Tokenizer.Token(*cfg.BOSTokenID)
	}
	if len(cfg.EOSTokenID) > 0 {
		in.EOSToken = b.Tokenizer.Token(cfg.EOSTokenID[0])
	}
	r, err := t.Render(in)
	if err != nil {
		return chat.Result{}, fmt.Errorf("chat template: %w", err)
	}
	if !t.Learns() { // the template does not say what is learnt: what the assistant says
		for i, s := range r.Segments {
			r.Segments[i].Learn = !s.Trusted && s.Role == "assistant"
		}
	}
	return r, nil
}

// askChat lays a conversation out up to where the assistant is to answer.
func (b *Base) askChat(messages []api.Message) (chat.Result, error) {
	values := make([]chat.Value, len(messages))
	for i, m := range messages {
		values[i] = chat.Message(m.Role, m.Content)
	}
	return b.renderChat(values, true)
}

// Render is the text of a conversation as the model reads it, up to where the assistant is to answer.
func (b *Base) Render(messages []api.Message) (string, error) {
	r, err := b.askChat(messages)
	return r.String(), err
}

// encodeChat gives the tokens of a conversation up to where the assistant is to answer.
func (b *Base) encodeChat(messages []api.Message) ([]int32, error) {
	r, err := b.askChat(messages)
	if err != nil {
		return nil, err
	}
	ids, _ := chat.Encode(r.Segments, b.Tokenizer)
	return ids, nil
}

// trainChat gives the tokens of a conversation to learn from: what the assistant says, and the token that ends each of
// its turns.
func (b *Base) trainChat(messages []dataset.Message) ([]int32, []bool, error) {
	values := make([]chat.Value, len(messages))
	for i, m := range messages {
		values[i] = chat.Message(m.Role, m.Content)
	}
	r, err := b.renderChat(values, false)
	if err != nil {
		return nil, nil, err
	}
	ids, learn := chat.Encode(r.Segments, b.Tokenizer)
	for i := len(ids) - 1; i > 0; i-- {
		learn[i] = learn[i] || learn[i-1] && b.Tokenizer.IsSpecial(ids[i])
	}
	return ids, learn, nil
}
