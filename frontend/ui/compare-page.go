package ui

import "graft/frontend/studio"

// ComparePage sets prompts and adapters side by side.
type ComparePage struct {
	*App
}

// SetDocument chooses a column's prompt.
func (c *ComparePage) SetDocument(column *studio.Column, id string) { column.Document = id }

// SetAdapter chooses a column's adapter.
func (c *ComparePage) SetAdapter(column *studio.Column, name string) { column.Adapter = name }

// Chosen is the prompt of a column.
func (c *ComparePage) Chosen(column *studio.Column) string {
	if column.Document == "" && c.Current != nil {
		return c.Current.ID
	}
	return column.Document
}
