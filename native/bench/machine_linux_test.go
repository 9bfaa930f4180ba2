package bench

import "testing"

func TestBusy(t *testing.T) {
	for stat, want := range map[string]float64{
		"cpu  100 20 30 99999 500 4 6 40 7 0\ncpu0 1 2 3 4\n": 2,
		"cpu  100\n":               -1,
		"":                         -1,
		"cpu  a b c d e f g h i\n": -1,
	} {
		if got := busy(stat); got != want {
			t.Errorf("%q: %g, expected %g", stat, got, want)
		}
	}
}
