package edge

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"graft/native/sandbox"
	"graft/shared/api"
)

// Examine opens the model and its adapters in the very engine that the Worker will have, on this machine, and fills in what
// they are and what memory they will take. What does not open here would not open there.
func (w *Worker) Examine(ctx context.Context, cache wazero.CompilationCache) error {
	modules, err := w.Runtime.modules()
	if err != nil {
		return err
	}
	s, err := sandbox.New(ctx, sandbox.Options{Engine: modules["engine.wasm"], Kernels: modules["kernels_simd.wasm"], Cache: cache})
	if err != nil {
		return err
	}
	defer s.Close()
	files, err := given(s, w.Model.Files)
	if err != nil {
		return err
	}
	a, err := s.Ask(ctx, api.Request{Open: &api.OpenRequest{Name: w.Open.Name, Files: files, Threads: 1, Activations: w.Open.Activations,
		Context: w.Open.Context, CacheType: w.Open.CacheType, Tasks: w.Open.Tasks}})
	if err != nil {
		return fmt.Errorf("%s: %w", w.Model.Name, err)
	}
	w.Model.Tasks = a.Open.Tasks
	need := &a.Open.Memory
	for i := range w.Adapters {
		ad := &w.Adapters[i]
		if files, err = given(s, ad.Files); err != nil {
			return err
		}
		a, err := s.Ask(ctx, api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: ad.Name, Files: files}})
		if err != nil {
			return fmt.Errorf("adapter %s: %w", ad.Name, err)
		}
		ad.PEFTType, ad.TaskType, ad.Labels = a.LoadAdapter.PEFTType, a.LoadAdapter.TaskType, a.LoadAdapter.Labels
		if a.LoadAdapter.Memory != nil {
			need = a.LoadAdapter.Memory
		}
	}
	w.Plan = Plan{Weights: need.Weights, Adapters: need.Adapters, Cache: need.Cache, Activations: need.Activations, Scratch: need.Scratch, Engine: need.Engine}
	w.planFiles()
	return nil
}

// given lets the engine read files.
func given(s *sandbox.Sandbox, files []File) ([]api.File, error) {
	var out []api.File
	for _, f := range files {
		g, err := s.AddFile(f.Path, f.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
