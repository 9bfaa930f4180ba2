package train_test

import (
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/train"
	"graft/shared/train/traintest"
)

// attentionDropped is a model whose config.json has dropout of attention weights.
type attentionDropped struct{ model.Decoder }

func (m attentionDropped) Config() model.Config {
	c := m.Decoder.Config()
	c.AttentionDropout = 0.1
	return c
}

// TestAttentionDropout: a decoder that would be trained otherwise than transformers does is refused.
func TestAttentionDropout(t *testing.T) {
	o, fx := traintest.Options(t, device.Reference(), "base", "lora", adapter.SeqCls)
	o.Model = attentionDropped{fx.Model.(model.Decoder)}
	if _, err := train.New(o); err == nil || !strings.Contains(err.Error(), "attention_dropout is 0.1, expected 0") {
		t.Errorf("error %v", err)
	}
}
