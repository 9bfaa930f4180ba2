// Package browser tests the page and the runtime of wasm/js in a real Chromium, headless: that they answer as the command
// line does, offline too, and what they do when things go wrong. Without a Chromium its tests are skipped, and say so.
package browser
