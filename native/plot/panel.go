package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours that people with any colour vision tell apart (Okabe and Ito 2008).
var (
	white  = color.White
	ink    = color.RGBA{0x33, 0x33, 0x33, 0xff}
	grid   = color.RGBA{0xe4, 0xe4, 0xe4, 0xff}
	pale   = color.RGBA{0xa8, 0xd0, 0xea, 0xff}
	blue   = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	orange = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	green  = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	purple = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
	grey   = color.RGBA{0x88, 0x88, 0x88, 0xff}
)

// panel is one diagram of the picture.
type panel struct {
	*plot.Plot
	height vg.Length
}

// curve is a line of a panel.
type curve struct {
	name   string // "" for no legend
	points []Point
	colour color.Color
	width  vg.Length
	marks  bool // a dot at each point
}

// panels are those that have something to show, the loss first.
func (c Curves) panels() ([]panel, error) {
	train := numbers(c.Train)
	var out []panel
	for _, p := range []struct {
		title  string
		height vg.Length
		curves []curve
	}{
		{"loss", lossHeight, []curve{
			{"training, each step", thin(train), pale, vg.Points(0.8), len(train) == 1},
			{"training, smoothed", thin(smooth(train)), blue, vg.Points(1.8), false},
			{"validation", numbers(c.Eval), orange, vg.Points(1.8), true},
		}},
		{cmp.Or(c.MetricName, "metric"), panelHeight, []curve{{"", numbers(c.Metric), green, vg.Points(1.8), true}}},
		{"learning rate", panelHeight, []curve{{"", thin(numbers(c.Rate)), purple, vg.Points(1.8), false}}},
	} {
		drawn, err := newPanel(p.title, p.curves, c.Best)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.title, err)
		}
		if drawn != nil {
			out = append(out, panel{drawn, p.height})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	first, last := math.Inf(1), math.Inf(-1) // all panels show the same steps
	for _, p := range out {
		first, last = min(first, p.X.Min), max(last, p.X.Max)
	}
	for i, p := range out {
		p.X.Min, p.X.Max = first, last
		if i < len(out)-1 {
			p.X.Label.Text = ""
		}
	}
	out[0].Title.Text = c.Title
	return out, nil
}

// newPanel draws curves over the steps; nil if none has points.
func newPanel(title string, curves []curve, best float64) (*plot.Plot, error) {
	p := plot.New()
	style(p)
	p.Y.Label.Text = title
	p.X.Label.Text = "step"
	lines := plotter.NewGrid()
	lines.Horizontal.Color, lines.Vertical.Color = grid, grid
	p.Add(lines)
	any := false
	for _, c := range curves {
		if len(c.points) == 0 {
			continue
		}
		any = true
		xys := make(plotter.XYs, len(c.points))
		for i, pt := range c.points {
			xys[i] = plotter.XY{X: pt.Step, Y: pt.Value}
		}
		line, dots, err := plotter.NewLinePoints(xys)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = c.colour, c.width
		dots.Color, dots.Shape, dots.Radius = c.colour, draw.CircleGlyph{}, vg.Points(2.6)
		p.Add(line)
		thumbs := []plot.Thumbnailer{line}
		if c.marks {
			p.Add(dots)
			thumbs = append(thumbs, dots)
		}
		if c.name != "" {
			p.Legend.Add(c.name, thumbs...)
		}
	}
	if !any {
		return nil, nil
	}
	widen(&p.X)
	widen(&p.Y)
	if best > 0 {
		line, err := plotter.NewLine(plotter.XYs{{X: best, Y: p.Y.Min}, {X: best, Y: p.Y.Max}})
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = grey, vg.Points(1)
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line)
		if len(curves) > 1 {
			p.Legend.Add("best model", line)
		}
	}
	return p, nil
}

// widen leaves some room above and below the curves, and gives an axis with a single value a length.
func widen(a *plot.Axis) {
	room := (a.Max - a.Min) * 0.04
	if room <= 0 {
		room = max(math.Abs(a.Max)*0.1, 1e-9)
	}
	if _, steps := a.Tick.Marker.(stepTicks); steps {
		room = 0
		if a.Max <= a.Min {
			room = 1
		}
	}
	a.Min -= room
	a.Max += room
}

// style sets fonts, colours and ticks.
func style(p *plot.Plot) {
	sans := func(f *font.Font, size float64) {
		f.Variant, f.Size = "Sans", vg.Points(size)
	}
	p.BackgroundColor = white
	sans(&p.Title.TextStyle.Font, 13)
	p.Title.TextStyle.Color = ink
	p.Title.Padding = vg.Points(8)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		sans(&a.Label.TextStyle.Font, 10)
		sans(&a.Tick.Label.Font, 9)
		a.Label.TextStyle.Color, a.Tick.Label.Color = ink, ink
		a.LineStyle.Color, a.Tick.LineStyle.Color = grey, grey
		a.LineStyle.Width, a.Tick.LineStyle.Width = vg.Points(0.7), vg.Points(0.7)
		a.Tick.Length = vg.Points(4)
		a.Label.Padding = vg.Points(4)
	}
	p.X.Tick.Marker = stepTicks{}
	p.Y.Tick.Marker = valueTicks{}
	p.X.Padding, p.Y.Padding = 0, 0
	sans(&p.Legend.TextStyle.Font, 9)
	p.Legend.TextStyle.Color = ink
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(3)
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(-6), vg.Points(-4)
	p.Legend.ThumbnailWidth = vg.Points(22)
}

// stepTicks marks whole steps.
type stepTicks struct{}

func (stepTicks) Ticks(low, high float64) []plot.Tick {
	return ticks(low, high, 8, 1)
}

// valueTicks marks values, few enough for a low panel.
type valueTicks struct{}

func (valueTicks) Ticks(low, high float64) []plot.Tick {
	return ticks(low, high, 5, 0)
}

// ticks are about most round numbers (1, 2 or 5 times a power of ten) from low to high, at least least apart.
// All have the same number of decimals; small ones are written as 1.5e-4.
func ticks(low, high float64, most int, least float64) []plot.Tick {
	if !(high > low) {
		return nil
	}
	raw := (high - low) / float64(most)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	step = max(step, least)
	name := func(v float64) string {
		return strconv.FormatFloat(v, 'f', max(0, -int(math.Floor(math.Log10(step*1.0001)))), 64)
	}
	if largest := max(math.Abs(low), math.Abs(high)); largest < 1e-2 {
		power := math.Floor(math.Log10(largest))
		whole := step / math.Pow(10, power)
		decimals := max(0, -int(math.Floor(math.Log10(whole*1.0001))))
		name = func(v float64) string {
			if v == 0 {
				return "0"
			}
			return fmt.Sprintf("%.*fe%d", decimals, v/math.Pow(10, power), int(power))
		}
	}
	var out []plot.Tick
	for i := math.Ceil(low / step); i*step <= high && len(out) <= 2*most; i++ {
		v := i * step
		if i == 0 {
			v = 0 // not -0
		}
		out = append(out, plot.Tick{Value: v, Label: name(v)})
	}
	return out
}

// align stacks the panels on a page so that their diagrams begin and end at the same columns.
func align(panels []panel, page draw.Canvas) ([]*plot.Plot, []draw.Canvas) {
	margin := vg.Points(10)
	plots := make([]*plot.Plot, len(panels))
	areas := make([]draw.Canvas, len(panels))
	left, right := vg.Length(0), vg.Length(0)
	top := page.Max.Y
	for i, p := range panels {
		plots[i] = p.Plot
		areas[i] = draw.Crop(page, margin, -margin, top-p.height-page.Min.Y+margin/2, top-page.Max.Y-margin/2)
		top -= p.height
		data := p.DataCanvas(areas[i])
		left = max(left, data.Min.X-areas[i].Min.X)
		right = max(right, areas[i].Max.X-data.Max.X)
	}
	for i, p := range panels {
		data := p.DataCanvas(areas[i])
		areas[i] = draw.Crop(areas[i], left-(data.Min.X-areas[i].Min.X), (areas[i].Max.X-data.Max.X)-right, 0, 0)
	}
	return plots, areas
}
