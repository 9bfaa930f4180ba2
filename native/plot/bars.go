package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars compare systems by several measures. Each measure has a panel with an axis of its own, since one axis cannot hold
// shares, milliseconds and bytes; a system has the same place and colour in all of them.
type Bars struct {
	Names  []string // Latin script, as Curves.Title
	Panels []BarPanel
}

// BarPanel is one measure, a bar a system; NaN is not measured. Low and High are the ends of intervals, nil for none.
type BarPanel struct {
	Title     string
	Values    []float64
	Low, High []float64
	Format    string // of a value over its bar, such as %.1f
}

// Sizes of a picture of bars.
const (
	barPanelWidth  = 3.3 * vg.Inch
	barPanelHeight = 3.3 * vg.Inch
	barShare       = 0.62 // of a system's place that its bar takes
	slanted        = 8    // names longer than this, or more systems than six, are written at a slant
)

var barColours = []color.Color{blue, orange, green, purple, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff}, grey}

// WriteBars draws the panels beside one another in a format, ".svg" or ".png".
func WriteBars(w io.Writer, format string, b Bars) error {
	canvas, ok := formats[format]
	if !ok {
		return fmt.Errorf("picture format %q is not known, expected .svg or .png", format)
	}
	if len(b.Names) == 0 || len(b.Panels) == 0 {
		return fmt.Errorf("no bars to draw")
	}
	picture := canvas(barPanelWidth*vg.Length(len(b.Panels)), barPanelHeight)
	page := draw.New(picture)
	page.SetColor(white)
	page.Fill(page.Rectangle.Path())
	for i, p := range b.Panels {
		drawn, err := b.panel(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Title, err)
		}
		at := barPanelWidth * vg.Length(i)
		area := draw.Crop(page, at, at+barPanelWidth-page.Max.X+page.Min.X, 0, 0)
		drawn.Draw(draw.Crop(area, vg.Points(10), -vg.Points(10), vg.Points(8), -vg.Points(8)))
	}
	_, err := picture.WriteTo(w)
	return err
}

// SaveBars draws into a file, in the format its name ends with. The file is replaced whole or not at all.
func SaveBars(path string, b Bars) error {
	var out bytes.Buffer
	if err := WriteBars(&out, strings.ToLower(filepath.Ext(path)), b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return save(path, out.Bytes())
}

// panel draws one measure.
func (b Bars) panel(m BarPanel) (*plot.Plot, error) {
	if len(m.Values) != len(b.Names) || m.Low != nil && (len(m.Low) != len(b.Names) || len(m.High) != len(b.Names)) {
		return nil, fmt.Errorf("%d values for %d systems", len(m.Values), len(b.Names))
	}
	p := plot.New()
	style(p)
	p.Title.Text = m.Title
	p.Title.TextStyle.Font.Size = vg.Points(11)
	lines := plotter.NewGrid()
	lines.Horizontal.Color, lines.Vertical.Color = grid, nil
	p.Add(lines)
	top := 0.0
	labels := plotter.XYLabels{}
	for i, v := range m.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			labels.XYs, labels.Labels = append(labels.XYs, plotter.XY{X: float64(i)}), append(labels.Labels, "–")
			continue
		}
		x0, x1 := float64(i)-barShare/2, float64(i)+barShare/2
		bar, err := plotter.NewPolygon(plotter.XYs{{X: x0}, {X: x0, Y: v}, {X: x1, Y: v}, {X: x1}})
		if err != nil {
			return nil, err
		}
		bar.Color, bar.LineStyle.Width = barColours[i%len(barColours)], 0
		p.Add(bar)
		end := v
		if m.Low != nil && m.High[i] > m.Low[i] {
			whisker, err := plotter.NewLine(plotter.XYs{{X: float64(i), Y: m.Low[i]}, {X: float64(i), Y: m.High[i]}})
			if err != nil {
				return nil, err
			}
			whisker.Color, whisker.Width = ink, vg.Points(1.2)
			p.Add(whisker)
			end = max(end, m.High[i])
		}
		top = max(top, end)
		labels.XYs, labels.Labels = append(labels.XYs, plotter.XY{X: float64(i), Y: end}), append(labels.Labels, fmt.Sprintf(m.Format, v))
	}
	names, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, err
	}
	for i := range names.TextStyle {
		s := &names.TextStyle[i]
		s.Font.Variant, s.Font.Size, s.Color = "Sans", vg.Points(9), ink
		s.XAlign, s.YAlign = text.XCenter, text.YBottom
	}
	names.Offset.Y = vg.Points(2)
	p.Add(names)
	if top == 0 {
		top = 1
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.6, float64(len(b.Names))-0.4, 0, top*1.12
	var ticks []plot.Tick
	long := len(b.Names) > 6
	for i, name := range b.Names {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
		long = long || len(name) > slanted
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Tick.LineStyle.Width = 0
	if long {
		s := &p.X.Tick.Label
		s.Rotation, s.XAlign, s.YAlign = math.Pi/6, text.XRight, text.YTop
	}
	return p, nil
}
