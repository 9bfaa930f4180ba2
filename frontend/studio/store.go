package studio

import (
	"maps"
	"slices"
	"sync"
)

// Kinds of what a Store keeps.
const (
	kindPrompt   = "prompt"
	kindSettings = "settings"
)

// Store keeps bytes on the device under a kind and a name. A Put replaces the whole or, when the page dies in the middle,
// nothing. Its methods may wait.
type Store interface {
	All(kind string) (map[string][]byte, error)
	Put(kind, name string, data []byte) error
	Delete(kind, name string) error
}

// Memory is a Store that lasts as long as the process: for tests, and for pages that may keep nothing.
type Memory struct {
	mu   sync.Mutex
	data map[string]map[string][]byte
}

// All returns what is kept of a kind.
func (m *Memory) All(kind string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.data[kind]), nil
}

// Put keeps a copy of data.
func (m *Memory) Put(kind, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data == nil {
		m.data = map[string]map[string][]byte{}
	}
	if m.data[kind] == nil {
		m.data[kind] = map[string][]byte{}
	}
	m.data[kind][name] = slices.Clone(data)
	return nil
}

// Delete forgets a name; one that is not kept is no error.
func (m *Memory) Delete(kind, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.data[kind], name)
	return nil
}
