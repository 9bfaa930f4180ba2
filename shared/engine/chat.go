package engine

import (
	"fmt"

	"graft/shared/api"
)

// encodeChat lays a conversation out as the model was taught to read it.
func (b *Base) encodeChat(messages []api.Message) ([]int32, error) {
	return nil, fmt.Errorf("the model has no chat template")
}
