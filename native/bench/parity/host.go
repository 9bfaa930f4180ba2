// Package parity asks every host of the engine the same and holds the answers to those of the reference device.
//
// A host is whatever answers the protocol of package api in JSON: a device of this process, the engine's module in a sandbox, in
// Node, in a browser, in an edge worker. The suite opens the same files in each, with the same adapters, asks for classes, texts
// and logits, and reports the largest difference of a logit and every answer that is another one.
package parity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"graft/shared/api"
)

// Host answers requests. It is for one caller at a time.
type Host interface {
	// Directory lets the host read a model's or an adapter's directory, or a GGUF file.
	Directory(path string) ([]api.File, error)
	// Answer answers a request in JSON.
	Answer(ctx context.Context, request []byte) []byte
	Close() error
}

// ErrAbsent is wrapped by the error of a host that this machine does not have.
var ErrAbsent = errors.New("not here")

func absent(format string, a ...any) error { return fmt.Errorf(format+": %w", append(a, ErrAbsent)...) }

// ask is a request and its answer as values.
func ask(ctx context.Context, h Host, r api.Request) (*api.Answer, error) {
	r.Protocol = api.Protocol
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var a api.Answer
	if err := json.Unmarshal(h.Answer(ctx, b), &a); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	if a.Error != nil {
		return nil, a.Error
	}
	return &a, nil
}
