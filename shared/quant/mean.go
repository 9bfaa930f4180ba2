package quant

import "math/bits"

// mean is torch.mean of a float32 vector on a CPU with AVX2, by one thread, to the bit: bitsandbytes takes it of
// the scales before it quantises them. (torch shares a sum of 32768 values or more among its threads, and a GPU
// adds in another order; the last bit then differs from machine to machine.)
//
// The sum runs in 32 lanes (4 vectors of 8). Each lane cascades through four levels, so that no partial sum
// gets many addends: level 0 takes 2^power values, then is added to level 1, and so on.
func mean(v []float32) float32 {
	return cascadeSum(v) / float32(len(v))
}

func cascadeSum(v []float32) float32 {
	const vector = 8
	if len(v) < vector {
		return columnSum(v, 1)[0]
	}
	whole := len(v) / vector * vector
	total := float32(0)
	for _, x := range v[whole:] {
		total += x
	}
	for _, x := range columnSum(v[:whole], vector) {
		total += x
	}
	return total
}

// columnSum adds the rows of v, each of width values, in four interleaved partial sums.
func columnSum(v []float32, width int) []float32 {
	const ways, levels = 4, 4
	stride := ways * width
	rows := len(v) / stride
	power := max(4, ceilLog2(rows)/levels)
	step := 1 << power

	var acc [levels][]float32
	for l := range acc {
		acc[l] = make([]float32, stride)
	}
	add := func(to, from []float32) {
		for i, x := range from {
			to[i] += x
		}
	}
	i := 0
	for i+step <= rows {
		for range step {
			add(acc[0], v[i*stride:][:stride])
			i++
		}
		for l := 1; l < levels; l++ {
			add(acc[l], acc[l-1])
			clear(acc[l-1])
			if i>>(l*power)&(step-1) != 0 {
				break
			}
		}
	}
	for ; i < rows; i++ {
		add(acc[0], v[i*stride:][:stride])
	}
	for l := 1; l < levels; l++ {
		add(acc[0], acc[l])
	}

	sum := acc[0]
	for rest := v[rows*stride:]; len(rest) > 0; rest = rest[width:] {
		add(sum[:width], rest[:width])
	}
	for w := 1; w < ways; w++ {
		add(sum[:width], sum[w*width:][:width])
	}
	return sum[:width]
}

// ceilLog2 is the least k with 2^k ≥ n, and 0 for n below 2.
func ceilLog2(n int) int {
	if n < 2 {
		return 0
	}
	return bits.Len(uint(n - 1))
}
