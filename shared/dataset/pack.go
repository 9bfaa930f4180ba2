package dataset

import (
	"math/bits"

	"graft/shared/tensor"
)

// Batch is sequences laid back to back: T token rows, of which the first Used are tokens and the rest padding, and
// B sequences, of which the first Sequences are real.
type Batch struct {
	Tokens    []int32 // [T]
	Positions []int32 // [T] from 0 in each sequence
	Lo, Hi    []int32 // [T] row t attends the rows Lo[t] to Hi[t]-1: its own sequence up to itself; padding attends none (0, 0)

	Targets []int32   // [T] the token to be said after this one, or -1 where nothing is learnt
	Weights []float32 // [T] of each target's loss, 0 where there is none

	Pool         []int32   // [B] row of each sequence that stands for it: that of its last token; -1 for padding
	Labels       []int32   // [B] class, or -1
	LabelWeights []float32 // [B] of each label's loss, 0 where there is none

	Used, Sequences int
}

// Pack lays sequences back to back and pads to bucket(n) token rows, n being the tokens of all sequences.
// bucket may be nil for no padding. A sequence without tokens takes no rows; its Pool and label are -1.
func Pack(seqs []Sequence, bucket func(n int) int) Batch {
	n := 0
	for i := range seqs {
		n += len(seqs[i].Tokens)
	}
	rows := n
	if bucket != nil {
		rows = max(n, bucket(n))
	}
	ints := make([]int32, 5*rows)
	next := func() []int32 { // each of the row's columns
		s := ints[:rows:rows]
		ints = ints[rows:]
		return s
	}
	b := Batch{Tokens: next(), Positions: next(), Lo: next(), Hi: next(), Targets: next(),
		Weights: make([]float32, rows), Used: n, Sequences: len(seqs)}
	at := 0
	for i := range seqs {
		b.lay(&seqs[i], at)
		at += len(seqs[i].Tokens)
	}
	for t := n; t < rows; t++ {
		b.Targets[t] = -1
	}
	return b
}

// lay puts a sequence at the rows from start on.
func (b *Batch) lay(s *Sequence, start int) {
	weight := s.Weight
	if weight == 0 {
		weight = 1
	}
	for i, token := range s.Tokens {
		t := start + i
		b.Tokens[t], b.Positions[t] = token, int32(i)
		b.Lo[t], b.Hi[t] = int32(start), int32(t+1)
		b.Targets[t] = -1
		if s.Label < 0 && i+1 < len(s.Tokens) && s.Tokens[i+1] >= 0 && (s.Learn == nil || s.Learn[i+1]) {
			b.Targets[t], b.Weights[t] = s.Tokens[i+1], weight
		}
	}
	pool, label, labelWeight := int32(-1), int32(-1), float32(0)
	if len(s.Tokens) > 0 {
		pool = int32(start + len(s.Tokens) - 1 - s.PoolBack)
		if s.Label >= 0 {
			label, labelWeight = s.Label, weight
		}
	}
	b.Pool = append(b.Pool, pool)
	b.Labels = append(b.Labels, label)
	b.LabelWeights = append(b.LabelWeights, labelWeight)
}

// Shift makes room for n keys that every row attends before those of its sequence: positions and rows of keys count from n.
func (b *Batch) Shift(n int) {
	for t := range b.Used {
		b.Positions[t] += int32(n)
		b.Lo[t] += int32(n)
		b.Hi[t] += int32(n)
	}
}

// Inputs are the batch's rows under the names of nn.NewInputs.
func (b *Batch) Inputs() map[string]*tensor.Tensor {
	n := len(b.Tokens)
	return map[string]*tensor.Tensor{"tokens": tensor.FromInts(b.Tokens, n), "positions": tensor.FromInts(b.Positions, n),
		"lo": tensor.FromInts(b.Lo, n), "hi": tensor.FromInts(b.Hi, n)}
}

// PadSequences appends sequences that count for nothing until there are n, so that a last, smaller batch fits the same program.
func (b *Batch) PadSequences(n int) {
	for len(b.Pool) < n {
		b.Pool = append(b.Pool, -1)
		b.Labels = append(b.Labels, -1)
		b.LabelWeights = append(b.LabelWeights, 0)
	}
}

// TokenWeight is the sum of the targets' weights: the number of trained tokens, when no example has a weight of its own.
// One optimiser step divides the sum of its losses by this sum over all its batches.
func (b *Batch) TokenWeight() float64 { return sum(b.Weights) }

// LabelWeight is the sum of the labels' weights: the number of labelled sequences, when none has a weight of its own.
func (b *Batch) LabelWeight() float64 { return sum(b.LabelWeights) }

func sum(x []float32) (s float64) {
	for _, v := range x {
		s += float64(v)
	}
	return s
}

// smallestBucket is the step of the smallest buckets: kernels work on blocks of about this many rows anyway.
const smallestBucket = 8

// Bucket is the number of rows that n rows are padded to: multiples of 8 up to 128, then eight sizes an octave
// (144, 160, …, 256, 288, …). A program is compiled for each size that occurs; those are few, since a run's batches lie
// within two or three octaves. Beyond 64 rows a size wastes at most a ninth of them, and on average about a twentieth.
func Bucket(n int) int {
	if n <= smallestBucket {
		return smallestBucket
	}
	step := max(smallestBucket, 1<<(bits.Len(uint(n-1))-1)/8)
	return (n + step - 1) / step * step
}

// BucketUpTo is Bucket for batches of at most most rows: the last size is most itself.
func BucketUpTo(most int) func(n int) int {
	return func(n int) int {
		if n > most {
			return Bucket(n)
		}
		return min(Bucket(n), most)
	}
}
