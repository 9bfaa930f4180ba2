// Package devicetest is the suite every device must pass.
//
// Run holds each op to its definition: the same program runs on the device and on the reference device, over
// shapes that are tiny, odd, off the widths of vectors, one row, many rows and large, with every type and attribute
// that the op allows, and the results agree within a named tolerance. It also holds a device to what programs
// need beyond single ops: planned memory, barriers, values that are overwritten, runs repeated with the same bits.
// Gradients holds what package grad records to finite differences. Identical holds two devices, such as one with
// one thread and one with three, to the same bits.
//
// A case is one row in the file of its op; the inputs come from a fixed seed.
package devicetest

import (
	"slices"
	"testing"

	"graft/shared/device"
	"graft/shared/op"
)

// Opener opens a device for one test. The suite closes it.
type Opener func(t *testing.T) device.Device

// suites has the cases of every op.
var suites = map[string]func() []testCase{
	"add":                         addCases,
	"mul":                         mulCases,
	"scale":                       scaleCases,
	"scale_rows":                  scaleRowsCases,
	"row_dot":                     rowDotCases,
	"sum":                         sumCases,
	"sum_rows":                    sumRowsCases,
	"broadcast":                   broadcastCases,
	"matmul":                      matMulCases,
	"lora":                        loraCases,
	"rmsnorm":                     rmsNormCases,
	"rmsnorm_grad":                rmsNormGradCases,
	"layernorm":                   layerNormCases,
	"layernorm_grad":              layerNormGradCases,
	"rope":                        ropeCases,
	"attention":                   attentionCases,
	"attention_grad":              attentionGradCases,
	"glu":                         gluCases,
	"glu_grad":                    gluGradCases,
	"activation":                  activationCases,
	"activation_grad":             activationGradCases,
	"softmax":                     softmaxCases,
	"softmax_grad":                softmaxGradCases,
	"cross_entropy":               crossEntropyCases,
	"cross_entropy_grad":          crossEntropyGradCases,
	"linear_cross_entropy":        linearCrossEntropyCases,
	"linear_cross_entropy_grad_w": linearCrossEntropyGradWCases,
	"gather":                      gatherCases,
	"scatter_add":                 scatterAddCases,
	"write":                       writeCases,
	"dropout":                     dropoutCases,
	"adamw":                       adamWCases,
	"accumulate":                  accumulateCases,
	"sum_squares":                 sumSquaresCases,
	"clip_scale":                  clipScaleCases,
	"cast":                        castCases,
	"argmax":                      argmaxCases,
	"lion":                        lionCases,
	"adamw_8bit":                  adamW8BitCases,
	"adafactor":                   adafactorCases,
	"adafactor_vector":            adafactorVectorCases,
	"normalize":                   normalizeCases,
	"descend":                     descendCases,
	"focal":                       focalCases,
	"focal_grad":                  focalGradCases,
	"noise":                       noiseCases,
	"rsqrt":                       rsqrtCases,
	"columns":                     columnsCases,
	"columns_grad":                columnsGradCases,
}

// Run holds a device to the reference. Ops it has no kernel for are skipped, visibly.
func Run(t *testing.T, open Opener) {
	t.Run("op", func(t *testing.T) { ops(t, open) })
	t.Run("program", func(t *testing.T) { programs(t, open) })
	t.Run("contract", func(t *testing.T) { contract(t, open) })
}

func ops(t *testing.T, open Opener) {
	dev := opened(t, open)
	ref := device.Reference()
	for _, r := range op.Table() {
		t.Run(r.Op.Name(), func(t *testing.T) {
			for _, c := range cases(t, r.Op.Name(), dev) {
				t.Run(c.name, func(t *testing.T) {
					args := c.make(r.Op.Name())
					got := c.run(t, dev, args)
					want := c.run(t, ref, args)
					for i := range want {
						c.compare(t, i, want[i], got[i], args)
					}
					for i, again := range c.run(t, dev, args) {
						sameBits(t, "a second run's result", i, got[i], again)
					}
				})
			}
		})
	}
}

// Identical holds two devices to the same bits in every case of every op.
func Identical(t *testing.T, a, b Opener) {
	first, second := opened(t, a), opened(t, b)
	for _, r := range op.Table() {
		t.Run(r.Op.Name(), func(t *testing.T) {
			for _, c := range cases(t, r.Op.Name(), first, second) {
				t.Run(c.name, func(t *testing.T) {
					args := c.make(r.Op.Name())
					want, got := c.run(t, first, args), c.run(t, second, args)
					for i := range want {
						sameBits(t, "the second device's result", i, want[i], got[i])
					}
				})
			}
		})
	}
}

// cases are those of an op. The test is skipped, once for all of them, if one of the devices has a kernel for none.
func cases(t *testing.T, name string, devs ...device.Device) []testCase {
	t.Helper()
	all := suites[name]()
	for _, dev := range devs {
		lacks := func(c testCase) bool {
			g, _ := c.graph()
			return g.Err() == nil && missing(dev, g) != ""
		}
		if !slices.ContainsFunc(all, func(c testCase) bool { return !lacks(c) }) {
			t.Skipf("%s has no kernel for %s", dev.Name(), name)
		}
	}
	return all
}

func opened(t *testing.T, open Opener) device.Device {
	t.Helper()
	d := open(t)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("%s: close: %v", d.Name(), err)
		}
	})
	return d
}
