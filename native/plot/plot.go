// Package plot draws the course of a training run, and the measures of several systems, as a picture, SVG or PNG.
//
// The picture of a run has up to three panels over the same steps: the loss (of every step, smoothed, and on the validation rows), the
// metric that chooses the best model, and the learning rate.
package plot

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Point is a value at a step.
type Point struct{ Step, Value float64 }

// Curves are what is known of a run. A curve without points is not drawn; values that are not numbers are left out.
type Curves struct {
	Title      string // Latin script: the built-in font of PNG pictures has no Chinese characters
	Train      []Point
	Eval       []Point // loss on the validation rows
	Metric     []Point
	MetricName string
	Rate       []Point // learning rate
	Best       float64 // step of the best model, 0 if there is none
}

// Size of the picture, in points of 1/72 inch; a PNG has two pixels a point.
const (
	pictureWidth = 8 * vg.Inch
	panelHeight  = 1.55 * vg.Inch // of all but the loss
	lossHeight   = 3.4 * vg.Inch
	resolution   = 144
)

// formats is the table of picture formats, by the end of a file's name.
var formats = map[string]func(w, h vg.Length) vg.CanvasWriterTo{
	".svg": func(w, h vg.Length) vg.CanvasWriterTo { return vgsvg.New(w, h) },
	".png": func(w, h vg.Length) vg.CanvasWriterTo {
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(resolution))}
	},
}

// Write draws the curves in a format, ".svg" or ".png".
func Write(w io.Writer, format string, c Curves) error {
	canvas, ok := formats[format]
	if !ok {
		return fmt.Errorf("picture format %q is not known, expected .svg or .png", format)
	}
	panels, err := c.panels()
	if err != nil {
		return err
	}
	if len(panels) == 0 {
		return fmt.Errorf("no curve has points to draw")
	}
	height := vg.Length(0)
	for _, p := range panels {
		height += p.height
	}
	picture := canvas(pictureWidth, height)
	page := draw.New(picture)
	page.SetColor(white)
	page.Fill(page.Rectangle.Path())
	plots, areas := align(panels, page)
	for i, p := range plots {
		p.Draw(areas[i])
	}
	_, err = picture.WriteTo(w)
	return err
}

// Save draws the curves into a file, in the format its name ends with. The file is replaced whole or not at all.
func Save(path string, c Curves) error {
	var b bytes.Buffer
	if err := Write(&b, strings.ToLower(filepath.Ext(path)), c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return save(path, b.Bytes())
}

// save replaces a file, whole or not at all.
func save(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".plot-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// numbers leaves out points that cannot be drawn.
func numbers(points []Point) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool {
		return math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || math.IsNaN(p.Step) || math.IsInf(p.Step, 0)
	})
}

// smooth is the exponential moving average of a curve, right from the first point on. It looks back over a thirtieth of the run.
func smooth(points []Point) []Point {
	keep := 1 - 1/max(float64(len(points))/30, 1)
	out := make([]Point, len(points))
	sum, weight := 0.0, 0.0
	for i, p := range points {
		sum = sum*keep + p.Value
		weight = weight*keep + 1
		out[i] = Point{p.Step, sum / weight}
	}
	return out
}

// mostPoints is how many points of a curve are drawn: more than the picture has columns would only make it large.
const mostPoints = 2000

// thin keeps the lowest and the highest point of each stretch of a long curve, so that every peak is still seen.
func thin(points []Point) []Point {
	if len(points) <= mostPoints {
		return points
	}
	var out []Point
	stretches := mostPoints / 2
	for i := range stretches {
		part := points[i*len(points)/stretches : (i+1)*len(points)/stretches]
		low, high := 0, 0
		for j, p := range part {
			if p.Value < part[low].Value {
				low = j
			}
			if p.Value > part[high].Value {
				high = j
			}
		}
		out = append(out, part[min(low, high)])
		if low != high {
			out = append(out, part[max(low, high)])
		}
	}
	return out
}
