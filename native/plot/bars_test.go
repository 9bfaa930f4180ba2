package plot

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func methods() Bars {
	return Bars{Names: []string{"full", "LoRA", "QLoRA", "prompt tuning"}, Panels: []BarPanel{
		{Title: "F1, 95 % interval", Values: []float64{0.76, 0.74, 0.73, 0.61}, Low: []float64{0.71, 0.69, 0.68, 0.55}, High: []float64{0.81, 0.79, 0.78, 0.67}, Format: "%.3f"},
		{Title: "latency, ms", Values: []float64{3.1, 3.4, 2.5, math.NaN()}, Format: "%.1f"},
		{Title: "memory, MB", Values: []float64{120, 48, 30, 0}, Format: "%.0f"},
	}}
}

func TestWriteBars(t *testing.T) {
	var b bytes.Buffer
	if err := WriteBars(&b, ".svg", methods()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"QLoRA", "prompt tuning", "latency, ms", "0.760", "–"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	path := filepath.Join(t.TempDir(), "chart.png")
	if err := SaveBars(path, methods()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	image, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// the first bar of the first panel is blue, over the middle of its height
	found := false
	for x := range image.Bounds().Dx() / 3 {
		r, g, b, _ := image.At(x, image.Bounds().Dy()/2).RGBA()
		found = found || r>>8 == 0 && g>>8 == 0x72 && b>>8 == 0xb2
	}
	if !found {
		t.Error("no bar is blue")
	}
	for _, bad := range []Bars{{}, {Names: []string{"a"}}, {Names: []string{"a"}, Panels: []BarPanel{{Title: "x", Values: []float64{1, 2}}}}} {
		if err := WriteBars(&b, ".svg", bad); err == nil {
			t.Errorf("%+v is drawn", bad)
		}
	}
	if err := WriteBars(&b, ".gif", methods()); err == nil {
		t.Error("a format that is not there")
	}
}
