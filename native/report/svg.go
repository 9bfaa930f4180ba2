package report

import (
	"fmt"
	"html"
	"math"
	"strings"

	"graft/shared/eval"
)

// Sizes of a chart, in pixels.
const (
	chartWidth, chartHeight = 420, 340
	left, right             = 56, 14
	top, bottom             = 14, 48
)

// colours are told apart with any colour vision (Okabe and Ito 2008).
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

// chart draws over the unit square, or a part of it that begins at 0.
type chart struct {
	b          strings.Builder
	xMax, yMax float64
}

func newChart(x, y words, xMax, yMax float64) *chart {
	c := &chart{xMax: xMax, yMax: yMax}
	fmt.Fprintf(&c.b, `<svg viewBox="0 0 %d %d" width="%d" height="%d" role="img">`, chartWidth, chartHeight, chartWidth, chartHeight)
	for i := range 6 {
		v := float64(i) / 5
		gx, gy := c.x(v*xMax), c.y(v*yMax)
		fmt.Fprintf(&c.b, `<path class="grid" d="M%.1f %dV%dM%d %.1fH%d"/>`, gx, top, chartHeight-bottom, left, gy, chartWidth-right)
		fmt.Fprintf(&c.b, `<text x="%.1f" y="%d" class="tick" text-anchor="middle">%s</text>`, gx, chartHeight-bottom+16, tick(v*xMax))
		fmt.Fprintf(&c.b, `<text x="%d" y="%.1f" class="tick" text-anchor="end">%s</text>`, left-6, gy+4, tick(v*yMax))
	}
	c.text(float64(left+(chartWidth-left-right)/2), chartHeight-10, "middle", "", x)
	c.text(0, 0, "middle", fmt.Sprintf(` transform="translate(14 %d) rotate(-90)"`, top+(chartHeight-top-bottom)/2), y)
	return c
}

func tick(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
}

func (c *chart) x(v float64) float64 { return left + v/c.xMax*(chartWidth-left-right) }
func (c *chart) y(v float64) float64 { return chartHeight - bottom - v/c.yMax*(chartHeight-top-bottom) }

// text writes a name in both languages.
func (c *chart) text(x, y float64, anchor, more string, w words) {
	for _, t := range []struct{ class, text string }{{"en", w.en}, {"zh", w.zh}} {
		fmt.Fprintf(&c.b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>`, t.class, x, y, anchor, more, html.EscapeString(t.text))
	}
}

func (c *chart) line(points [][2]float64, colour, more string) {
	fmt.Fprintf(&c.b, `<polyline fill="none" stroke="%s" stroke-width="2"%s points="`, colour, more)
	for _, p := range points {
		fmt.Fprintf(&c.b, "%.1f,%.1f ", c.x(p[0]), c.y(p[1]))
	}
	c.b.WriteString(`"/>`)
}

const dashed = ` stroke-dasharray="4 4" stroke-width="1"`

// legend names curves, from below or from above.
func (c *chart) legend(names []string, y int) {
	for i, name := range names {
		fmt.Fprintf(&c.b, `<rect x="%d" y="%d" width="14" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`, left+170, y+18*i, colours[i%len(colours)], left+190, y+6+18*i, html.EscapeString(name))
	}
}

func (c *chart) done() string { return c.b.String() + "</svg>" }

func names(curves []Curve) []string {
	if len(curves) == 1 {
		return nil
	}
	out := make([]string, len(curves))
	for i, c := range curves {
		out[i] = c.Class
	}
	return out
}

func rocChart(curves []Curve) string {
	c := newChart(wFPR, wTPR, 1, 1)
	c.line([][2]float64{{0, 0}, {1, 1}}, "#888", dashed)
	for i, curve := range curves {
		points := [][2]float64{{0, 0}}
		for _, p := range curve.Points {
			points = append(points, [2]float64{p.FalsePositiveRate, p.TruePositiveRate})
		}
		c.line(points, colours[i%len(colours)], "")
	}
	c.legend(names(curves), chartHeight-bottom-18*len(curves)-8)
	return c.done()
}

func prChart(curves []Curve) string {
	c := newChart(wRecall, wPrecision, 1, 1)
	for i, curve := range curves {
		var points [][2]float64
		for _, p := range curve.Points {
			points = append(points, [2]float64{p.TruePositiveRate, p.Precision})
		}
		c.line(points, colours[i%len(colours)], "")
	}
	c.legend(names(curves), chartHeight-bottom-18*len(curves)-8)
	return c.done()
}

// reliabilityChart shows the accuracy of each bin with its interval; the width of a bar is the bin's, its number of
// answers stands in its foot.
func reliabilityChart(bins []eval.Bin) string {
	c := newChart(wConfidence, wAccuracy, 1, 1)
	for _, b := range bins {
		if b.N == 0 {
			continue
		}
		x, w := c.x(b.Low), c.x(b.High)-c.x(b.Low)
		fmt.Fprintf(&c.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#a8d0ea" stroke="#0072b2"/>`, x, c.y(b.Accuracy), w, c.y(0)-c.y(b.Accuracy))
		i := eval.Wilson(b.Right, b.N)
		fmt.Fprintf(&c.b, `<path d="M%.1f %.1fV%.1f" stroke="#0072b2"/>`, x+w/2, c.y(i.Low), c.y(i.High))
		fmt.Fprintf(&c.b, `<text x="%.1f" y="%.1f" class="tick" text-anchor="middle">%d</text>`, x+w/2, c.y(0)-3, b.N)
	}
	c.line([][2]float64{{0, 0}, {1, 1}}, "#888", dashed)
	return c.done()
}

func riskChart(points []eval.RiskPoint) string {
	most := 0.05
	for _, p := range points {
		most = max(most, math.Ceil(p.Risk*20)/20) // so that the axis has round numbers
	}
	c := newChart(wCoverage, wRiskAxis, 1, most)
	var line [][2]float64
	for _, p := range points {
		line = append(line, [2]float64{p.Coverage, p.Risk})
	}
	c.line(line, colours[0], "")
	return c.done()
}
