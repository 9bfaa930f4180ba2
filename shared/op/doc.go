// Package op is the closed set of things a device can be asked to compute.
//
// An op is a small struct in a file of its own: its name and attributes, the rule for shapes (Infer), its
// definition as a plain Go loop (Eval) or as smaller ops (Expand), and the gradient (Gradient), which records
// further ops. The constructor functions, such as RMSNorm, record an op over values of a graph; a mistake in
// shapes is kept by the graph. The table in table.go gives each op its code.
//
// Definitions accumulate in float64 and round once: they are the ruler devices are measured by. Shapes are
// row-major; in the comments T is a number of rows (tokens), D a width. Types are f32 where nothing else is said.
// Gradients are f32 whatever the type of the value. An index below zero means none, where that is said; any other
// index out of range must be refused by the host before a run.
package op
