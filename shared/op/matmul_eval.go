package op

import "graft/shared/tensor"

// Eval decodes each row of b once, four rows at a time, so that models of some size can be run for tests.
func (o matMul) Eval(out, in []*tensor.Tensor) {
	a, b := in[0].Floats(), in[1]
	m, n := out[0].Shape[0], out[0].Shape[1]
	k := len(a) / m
	at := func(i, l int) float64 { return float64(a[i*k+l]) }
	if o.ta {
		at = func(i, l int) float64 { return float64(a[l*m+i]) }
	}
	sums := make([]float64, m*n)
	rows := fourRows{t: b, row: make([]float32, b.Shape[1])}
	if o.tb {
		wide := make([]float64, m*k)
		for i, v := range a {
			wide[i] = float64(v)
		}
		for j := 0; j < n; j += 4 {
			w := rows.at(j)
			for i := range m {
				dot4(sums[i*n+j:(i+1)*n], row(wide, i, k), w)
			}
		}
	} else {
		for l := 0; l < k; l += 4 {
			w := rows.at(l)
			for i := range m {
				var x [4]float64
				for r := range min(4, k-l) {
					x[r] = at(i, l+r)
				}
				addScaled4(row(sums, i, n), x, w)
			}
		}
	}
	y := out[0].Floats()
	for i, s := range sums {
		s *= float64(o.alpha)
		if len(in) == 3 {
			c := in[2].Floats()
			s += float64(c[i%len(c)])
		}
		y[i] = float32(s)
	}
}

// fourRows decodes four rows of t at a time; those past the end are zeros.
type fourRows struct {
	t   *tensor.Tensor
	row []float32
	w   [4][]float64
}

func (f *fourRows) at(first int) *[4][]float64 {
	for r := range f.w {
		if f.w[r] == nil {
			f.w[r] = make([]float64, len(f.row))
		}
		clear(f.w[r])
		if first+r < f.t.Shape[0] {
			decodeRow(f.row, f.t, first+r)
			for i, v := range f.row {
				f.w[r][i] = float64(v)
			}
		}
	}
	return &f.w
}

// dot4 sets sums, of which there may be fewer than four, to the inner products of x with the rows of w.
func dot4(sums, x []float64, w *[4][]float64) {
	n := len(x)
	w0, w1, w2, w3 := w[0][:n], w[1][:n], w[2][:n], w[3][:n]
	var s0, s1, s2, s3 float64
	for i, v := range x {
		s0 += v * w0[i]
		s1 += v * w1[i]
		s2 += v * w2[i]
		s3 += v * w3[i]
	}
	copy(sums, []float64{s0, s1, s2, s3})
}

// addScaled4 adds to sums the rows of w, each times its x.
func addScaled4(sums []float64, x [4]float64, w *[4][]float64) {
	n := len(sums)
	w0, w1, w2, w3 := w[0][:n], w[1][:n], w[2][:n], w[3][:n]
	for i := range sums {
		sums[i] += x[0]*w0[i] + x[1]*w1[i] + x[2]*w2[i] + x[3]*w3[i]
	}
}
