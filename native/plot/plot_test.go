package plot

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// run is a training run like a real one: a noisy falling loss with one spike, three evaluations, a linear schedule.
func run() Curves {
	random := rand.New(rand.NewPCG(1, 2))
	c := Curves{Title: "examples/finance: LoRA r=8 on q_proj, v_proj", MetricName: "f1", Best: 400}
	for step := 1.0; step <= 600; step++ {
		loss := 0.15 + 0.6*math.Exp(-step/120) + 0.08*random.NormFloat64()*math.Exp(-step/400)
		if step == 300 {
			loss += 0.4
		}
		c.Train = append(c.Train, Point{step, max(loss, 0.01)})
		c.Rate = append(c.Rate, Point{step, 2e-4 * min(step/30, (600-step)/570)})
	}
	for i, f1 := range []float64{0.86, 0.931, 0.928} {
		step := float64(200 * (i + 1))
		c.Eval = append(c.Eval, Point{step, 0.15 + 0.7*math.Exp(-step/120)})
		c.Metric = append(c.Metric, Point{step, f1})
	}
	return c
}

// has reports whether a PNG has at least n pixels of a colour.
func has(t *testing.T, data []byte, want color.RGBA, n int) bool {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == want {
				n--
			}
		}
	}
	return n <= 0
}

func TestPNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loss.PNG")
	if err := Save(path, run()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width != 8*resolution || config.Height != int((3.4+2*1.55)*resolution) {
		t.Errorf("%+v, %v", config, err)
	}
	for name, c := range map[string]color.RGBA{"training": pale, "smoothed": blue, "validation": orange, "metric": green, "rate": purple} {
		if !has(t, data, c, 100) {
			t.Errorf("the %s curve is not in the picture", name)
		}
	}
	if dst := os.Getenv("GRAFT_PLOT_TO"); dst != "" { // to look at
		if err := os.WriteFile(dst, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".plot-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, ".svg", run()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{">loss<", ">f1<", ">learning rate<", ">validation<", ">step<", ">best model<", "LoRA r=8"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("%q is not in the picture", text)
		}
	}
	d := xml.NewDecoder(&b)
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Runs that are just beginning, or went wrong, are drawn as far as they can be.
func TestPoorRuns(t *testing.T) {
	for name, c := range map[string]Curves{
		"one step":   {Train: []Point{{1, 0.7}}},
		"constant":   {Train: []Point{{1, 0.7}, {2, 0.7}}, Rate: []Point{{1, 0}, {2, 0}}},
		"diverged":   {Train: []Point{{1, 0.7}, {2, math.NaN()}, {3, math.Inf(1)}, {4, 0.9}}},
		"eval only":  {Eval: []Point{{10, 0.7}, {20, 0.6}}, Best: 20},
		"no name":    {Metric: []Point{{10, 0.7}}},
		"steps of 0": {Train: []Point{{0, 1}}},
	} {
		for format := range formats {
			var b bytes.Buffer
			if err := Write(&b, format, c); err != nil {
				t.Errorf("%s as %s: %v", name, format, err)
			} else if b.Len() < 1000 {
				t.Errorf("%s as %s: %d bytes", name, format, b.Len())
			}
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "a.pdf"):       `picture format ".pdf" is not known, expected .svg or .png`,
		filepath.Join(dir, "no", "a.png"): "no such file",
	} {
		if err := Save(path, run()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %s", path, err, want)
		}
	}
	if err := Write(io.Discard, ".png", Curves{Train: []Point{{1, math.NaN()}}}); err == nil || err.Error() != "no curve has points to draw" {
		t.Errorf("got %v", err)
	}
}

func TestThinKeepsPeaks(t *testing.T) {
	points := make([]Point, 50000)
	for i := range points {
		points[i] = Point{float64(i), 1}
	}
	points[12345].Value, points[23456].Value = 9, -9
	got := thin(points)
	low, high := false, false
	for i, p := range got {
		high = high || p == points[12345]
		low = low || p == points[23456]
		if i > 0 && p.Step <= got[i-1].Step {
			t.Fatalf("step %v after %v", p.Step, got[i-1].Step)
		}
	}
	if !low || !high || len(got) > mostPoints {
		t.Errorf("%d points, peaks kept: %v %v", len(got), low, high)
	}
}

func TestSmooth(t *testing.T) {
	got := smooth([]Point{{1, 4}, {2, 8}})
	if got[0].Value != 4 || got[1] != (Point{2, 8}) {
		t.Errorf("a short curve is changed: %v", got)
	}
	long := make([]Point, 300)
	for i := range long {
		long[i] = Point{float64(i), float64(i % 2)}
	}
	if last := smooth(long)[299].Value; math.Abs(last-0.5) > 0.06 {
		t.Errorf("noise around 0.5 is smoothed to %v", last)
	}
	if len(smooth(nil)) != 0 {
		t.Error("nothing is smoothed to something")
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		marker    plot.Ticker
		low, high float64
		want      string
	}{
		{stepTicks{}, 0, 600, "0 100 200 300 400 500 600"},
		{stepTicks{}, 0, 3, "0 1 2 3"},
		{stepTicks{}, 1, 1.4, "1"},
		{stepTicks{}, 4, 4, ""},
		{valueTicks{}, 0.855, 0.935, "0.86 0.88 0.90 0.92"},
		{valueTicks{}, 0, 2.08e-4, "0 0.5e-4 1.0e-4 1.5e-4 2.0e-4"},
		{valueTicks{}, -1, 13, "0 5 10"},
		{valueTicks{}, -0.5, 0.5, "-0.4 -0.2 0.0 0.2 0.4"},
	} {
		var names []string
		for _, tick := range test.marker.Ticks(test.low, test.high) {
			names = append(names, tick.Label)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%v to %v: %q, expected %q", test.low, test.high, got, test.want)
		}
	}
}
