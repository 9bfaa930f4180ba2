package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

func (m *Machine) read() {
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.describe(string(b))
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int64
		if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); err == nil {
			m.Memory = kib << 10
		}
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
}

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for what programs see.
const ticksPerSecond = 100

// machineTime is the seconds all cores have been busy since the machine started, time stolen by a hypervisor included;
// -1 where it is not known.
func machineTime() float64 {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return -1
	}
	return busy(string(b))
}

// busy adds user, nice, system, irq, softirq and steal of the line of all cores; idle and iowait are left out.
func busy(stat string) float64 {
	f := strings.Fields(stat[:max(strings.IndexByte(stat, '\n'), 0)])
	if len(f) < 9 || f[0] != "cpu" {
		return -1
	}
	sum := 0.0
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return -1
		}
		sum += n
	}
	return sum / ticksPerSecond
}

// peakMemory is the largest resident set of a process that has ended, from wait4. The system counts what the process
// was before exec too, which is this program and far smaller.
func peakMemory(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}
