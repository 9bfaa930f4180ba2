package runs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"graft/shared/eval"
)

func opened(t *testing.T, path string) *Book {
	t.Helper()
	b, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func score(v float64) *float64 { return &v }

func TestRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100% of? runs#", "runs.db") // characters that a URI would take for its own
	b := opened(t, path)
	r := &Run{Search: "s", Trial: "t", Name: "LORA", Status: Running, Started: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC), Method: "LORA", Recipe: "r: 8\n", Seed: math.MaxUint64,
		Hashes: Hashes{Train: "aa", Base: "bb"}, Host: ThisHost()}
	if err := b.Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Steps, r.Score, r.Valid = 4, score(0.5), map[string]float64{"eval_loss": 1}
	for _, e := range []Evaluation{{8, map[string]float64{"eval_loss": 3}}, {4, map[string]float64{"eval_loss": 1, "eval_roc_auc": math.NaN()}}, {8, map[string]float64{"eval_loss": 0.5}}} {
		if err := b.Evaluated(t.Context(), r, e); err != nil {
			t.Fatal(err)
		}
	}
	r.Status, r.Seconds = Finished, 2.5
	if err := b.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	other := &Run{Status: Failed, Error: "it fell apart"}
	if err := b.Begin(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	again := opened(t, path) // another process reads what was written
	got, err := again.Get(t.Context(), r.ID)
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, r)
	}
	evaluations, err := again.Evaluations(t.Context(), r.ID)
	if want := []Evaluation{{4, map[string]float64{"eval_loss": 1}}, {8, map[string]float64{"eval_loss": 0.5}}}; err != nil || !reflect.DeepEqual(evaluations, want) {
		t.Errorf("evaluations %v, %v", evaluations, err)
	}
	all, err := again.List(t.Context(), "")
	of, err2 := again.List(t.Context(), "s")
	if err != nil || err2 != nil || len(all) != 2 || len(of) != 1 || all[1].Error != "it fell apart" {
		t.Errorf("all %v, of the search %v, %v, %v", all, of, err, err2)
	}
	if trial, err := again.Trial(t.Context(), "s", "t"); err != nil || trial == nil || trial.ID != r.ID {
		t.Errorf("trial %v, %v", trial, err)
	}
	if trial, err := again.Trial(t.Context(), "s", "none"); err != nil || trial != nil {
		t.Errorf("trial %v, %v", trial, err)
	}
	if _, err := again.Get(t.Context(), 99); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "run 99") {
		t.Errorf("run 99: %v", err)
	}
	if err := again.Update(t.Context(), &Run{ID: 99}); err == nil {
		t.Error("run 99 was written")
	}
}

func TestPredictions(t *testing.T) {
	b := opened(t, filepath.Join(t.TempDir(), "runs.db"))
	r := &Run{Status: Running}
	if err := b.Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, probs := range [][][]float64{{{0.25, 0.75}, {1, 0}, {0.1, 0.9}}, {nil, nil, nil}} {
		a, err := eval.NewAnswers([]string{"负面", "正面"}, "负面")
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range probs {
			if err := a.Add(int32(i%2), []int32{1, 0, eval.NoAnswer}[i], p); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Predicted(t.Context(), r.ID, OnTest, a); err != nil {
			t.Fatal(err)
		}
		got, err := b.Predictions(t.Context(), r.ID, OnTest)
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, a)
		}
	}
	if got, err := b.Predictions(t.Context(), r.ID, OnValid); got != nil || err != nil {
		t.Errorf("of a split that was not answered: %v, %v", got, err)
	}
	if err := b.Predicted(t.Context(), 99, OnTest, must(eval.NewAnswers([]string{"a"}, ""))); err == nil {
		t.Error("predictions of no run were taken")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFaults(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	b, err := open(t.Context(), other, "rwc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Exec("PRAGMA user_version = 9"); err != nil {
		t.Fatal(err)
	}
	b.Close()
	foreign := filepath.Join(dir, "foreign.db")
	if b, err = open(t.Context(), foreign, "rwc"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Exec("PRAGMA application_id = 7"); err != nil {
		t.Fatal(err)
	}
	b.Close()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{other, "form 9, expected 1"}, {foreign, "not of runs"}, {text, "not a database"}, {filepath.Join(dir, "none.db"), "no such file"}, {dir, "directory"},
	} {
		if b, err := OpenExisting(t.Context(), c.path); err == nil || !strings.Contains(err.Error(), c.path) || (c.want != "directory" && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, %v", c.path, b, err)
		}
	}
}

// TestTogether: two processes' worth of writers lose nothing.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.db")
	var all sync.WaitGroup
	for range 2 {
		b := opened(t, path)
		all.Go(func() {
			for range 20 {
				r := &Run{Status: Running}
				if err := b.Begin(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
				if err := b.Evaluated(t.Context(), r, Evaluation{Step: 1}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if runs, err := opened(t, path).List(t.Context(), ""); err != nil || len(runs) != 40 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// childKey tells the test binary to write into the file until it is killed.
const childKey = "GRAFT_RUNS_TEST_FILE"

func TestMain(m *testing.M) {
	path := os.Getenv(childKey)
	if path == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	b := must(Open(ctx, path))
	for {
		r := &Run{Status: Running, Name: strings.Repeat("x", 5000)}
		if err := b.Begin(ctx, r); err != nil {
			panic(err)
		}
		for r.Steps = 1; r.Steps <= 5; r.Steps++ {
			r.Score = score(float64(r.Steps))
			if err := b.Evaluated(ctx, r, Evaluation{r.Steps, map[string]float64{"score": *r.Score}}); err != nil {
				panic(err)
			}
			fmt.Println(r.ID, r.Steps) // what is said is on the disk
		}
	}
}

// TestKilled: a process that is killed, wherever it is, leaves a whole file, in which is what it said was written and in which a
// run and its evaluations agree.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.db")
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childKey+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var id int64
		var step int
		for range 3 + 4*round {
			if _, err := fmt.Fscanln(out, &id, &step); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(round*700) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		b, err := Open(t.Context(), path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		var state string
		if err := b.db.QueryRow("PRAGMA integrity_check").Scan(&state); err != nil || state != "ok" {
			t.Errorf("round %d: %q, %v", round, state, err)
		}
		r, err := b.Get(t.Context(), id)
		if err != nil || r.Steps < step {
			t.Errorf("round %d: step %d of run %d was written, got %+v, %v", round, step, id, r, err)
		}
		all, err := b.List(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			e, err := b.Evaluations(t.Context(), r.ID)
			if err != nil || len(e) != r.Steps || len(e) > 0 && e[len(e)-1].Metrics["score"] != *r.Score {
				t.Errorf("round %d: run %d is at step %d with %d evaluations, %v", round, r.ID, r.Steps, len(e), err)
			}
		}
		b.Close()
	}
}

// FuzzDecode: whatever the columns hold, reading them ends without a panic.
func FuzzDecode(f *testing.F) {
	f.Add(`["a","b"]`, "b", `[[0,1,0.5,0.5]]`)
	f.Add(`["a"]`, "", `[[0]]`)
	f.Add(`[]`, "c", `[[1e300,-1e300]]`)
	f.Fuzz(func(t *testing.T, classes, positive, answers string) {
		if a, err := decode(classes, positive, answers); err == nil && a == nil {
			t.Error("no answers and no error")
		}
	})
}
