package ui

import (
	"github.com/vugu/vugu/js"

	"graft/frontend/studio"
)

// FieldInput is the form of one variable.
type FieldInput struct {
	*App
	Field studio.Field
}

// Fill puts a value into a text area; a long one may not go through vugu's properties.
func (c *FieldInput) Fill(v js.Value) {
	if v.Get("value").String() != c.Field.Value {
		v.Set("value", c.Field.Value)
	}
}
