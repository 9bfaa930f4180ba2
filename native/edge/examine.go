package edge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"

	"graft/native/sandbox"
	"graft/shared/adapter"
	"graft/shared/api"
)

// Examine opens the model and its adapters in the very engine that the Worker will have, on this machine, and fills in what
// they are and what memory they will take, partly planned and partly tried. What does not open here would not open there.
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
	p := &w.Plan
	*p = Plan{Weights: need.Weights, Adapters: need.Adapters, Cache: need.Cache, Activations: need.Activations, Scratch: need.Scratch, Engine: need.Engine}
	if used, err := w.try(ctx, s); err != nil {
		return err
	} else if kernels := p.Weights + p.Adapters + p.Cache + p.Activations + p.Scratch; used > kernels+p.Engine {
		p.Engine = used - kernels // what Go's heap came to, reading the weights and answering
	}
	w.planFiles()
	return nil
}

// try loads the weights and asks everyone something long, and returns the memory that the engine and its kernels then have. It never
// shrinks, so it is the most they took.
func (w *Worker) try(ctx context.Context, s *sandbox.Sandbox) (int64, error) {
	for done := false; !done; {
		a, err := s.Ask(ctx, api.Request{Load: &api.LoadRequest{Bytes: pieceBytes}})
		if err != nil {
			return 0, fmt.Errorf("%s: %w", w.Model.Name, err)
		}
		done = a.Load.Done
	}
	texts := []string{strings.Repeat("利润 ", tryWords)}
	for _, ad := range w.Adapters {
		if ad.TaskType != string(adapter.SeqCls) {
			continue
		}
		if _, err := s.Ask(ctx, api.Request{Classify: &api.ClassifyRequest{Texts: texts, Adapter: ad.Name}}); err != nil {
			return 0, fmt.Errorf("adapter %s: %w", ad.Name, err)
		}
	}
	asked := w.Model.Tasks
	if len(w.Open.Tasks) > 0 {
		asked = w.Open.Tasks
	}
	for _, task := range asked {
		var err error
		switch {
		case task == api.TaskEmbed:
			_, err = s.Ask(ctx, api.Request{Embed: &api.EmbedRequest{Texts: texts}})
		case task == api.TaskClassify && slices.Contains(w.Model.Tasks, task):
			_, err = s.Ask(ctx, api.Request{Classify: &api.ClassifyRequest{Texts: texts}})
		case task == api.TaskGenerate:
			err = tryWriting(ctx, s)
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %s: %w", w.Model.Name, task, err)
		}
	}
	return s.Used(), nil
}

// tryWords is the length of the text that is tried: a long one for a request, short enough to be fast.
const tryWords = 60

// tryWriting writes two tokens.
func tryWriting(ctx context.Context, s *sandbox.Sandbox) error {
	a, err := s.Ask(ctx, api.Request{Start: &api.GenerateRequest{Prompt: "利润", MaxNewTokens: 2}})
	if err != nil {
		return err
	}
	for handle, done := a.Start.Handle, false; !done; done = a.Step.Done {
		if a, err = s.Ask(ctx, api.Request{Step: &api.StepRequest{Handle: handle}}); err != nil {
			return err
		}
	}
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
