package bench

import (
	"fmt"
	"runtime"
	"strings"
)

// Machine is where figures were measured.
type Machine struct {
	CPU    string   `json:"cpu"`
	Cores  int      `json:"cores"`
	ISA    []string `json:"isa"` // of the instruction sets that matter to kernels, those it has
	Memory int64    `json:"memory_bytes"`
	System string   `json:"system"`
	Load   string   `json:"load"` // runnable processes over 1, 5 and 15 minutes before the first run
}

// kernelISAs are the names the system gives to what kernels are written for, with the usual names.
var kernelISAs = []struct{ flag, name string }{
	{"avx", "AVX"}, {"f16c", "F16C"}, {"fma", "FMA"}, {"avx2", "AVX2"}, {"avx_vnni", "AVX-VNNI"}, {"avx512f", "AVX-512"},
	{"avx512_vnni", "AVX512-VNNI"}, {"avx512_bf16", "AVX512-BF16"}, {"amx_int8", "AMX-INT8"}, {"amx_bf16", "AMX-BF16"},
	{"asimd", "NEON"}, {"asimddp", "DOTPROD"}, {"i8mm", "I8MM"}, {"sve", "SVE"},
}

// ThisMachine describes the machine.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version()}
	m.read()
	return m
}

// String is one line.
func (m Machine) String() string {
	cpu := m.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	s := fmt.Sprintf("%s, %d cores, %s", cpu, m.Cores, strings.Join(m.ISA, " "))
	if m.Memory > 0 {
		s += fmt.Sprintf(", %.0f GiB", float64(m.Memory)/(1<<30))
	}
	s += ", " + m.System
	if m.Load != "" {
		s += ", load " + m.Load
	}
	return s
}

// describe reads /proc/cpuinfo's form: "model name" and "flags", or "Features".
func (m *Machine) describe(cpuinfo string) {
	for line := range strings.Lines(cpuinfo) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "model name":
			m.CPU = value
		case "flags", "Features":
			if m.ISA != nil {
				continue
			}
			has := map[string]bool{}
			for f := range strings.FieldsSeq(value) {
				has[f] = true
			}
			for _, k := range kernelISAs {
				if has[k.flag] {
					m.ISA = append(m.ISA, k.name)
				}
			}
		}
	}
}

// share is the part of all cores' time in wall seconds, negative if busy is not known.
func share(busy, wall float64) float64 {
	if machineTime() < 0 || wall <= 0 {
		return -1
	}
	return max(busy, 0) / (wall * float64(runtime.NumCPU()))
}
