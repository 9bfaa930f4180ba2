package bench

import (
	"fmt"
	"math"
	"reflect"
)

// Check is what two programs must agree in before their speed is compared.
type Check struct {
	Key   string // of Outcome.Result
	agree func(graft, peer any) bool
	want  string
}

// Equal wants the same value.
func Equal(key string) Check {
	return Check{key, func(a, b any) bool { return a != nil && reflect.DeepEqual(a, b) }, "the same"}
}

// Near wants numbers that differ by at most tolerance.
func Near(key string, tolerance float64) Check {
	return Check{key, func(a, b any) bool {
		x, ok := a.(float64)
		y, also := b.(float64)
		return ok && also && math.Abs(x-y) <= tolerance
	}, fmt.Sprintf("at most %g apart", tolerance)}
}

// Ranked wants lists, the best first, that have each other's best.
func Ranked(key string) Check {
	return Check{key, func(a, b any) bool {
		x, _ := a.([]any)
		y, _ := b.([]any)
		return len(x) > 0 && len(y) > 0 && contains(x, y[0]) && contains(y, x[0])
	}, "each other's first among them"}
}

func contains(list []any, v any) bool {
	for _, e := range list {
		if e == v {
			return true
		}
	}
	return false
}

// compare returns the first check that does not hold.
func compare(checks []Check, graft, peer map[string]any) error {
	for _, c := range checks {
		if a, b := lookup(graft, c.Key), lookup(peer, c.Key); !c.agree(a, b) {
			return fmt.Errorf("not the same work: %s is %v, and graft's %v, expected %s", c.Key, b, a, c.want)
		}
	}
	return nil
}
