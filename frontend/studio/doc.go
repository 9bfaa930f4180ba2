// Package studio is the studio without its page: prompts with their versions, what the editor shows of one, columns that
// answers are written into, settings, and texts in two languages.
//
// Nothing here knows a browser. What a page gives comes in through two ports: Store keeps bytes on the device, Runner
// answers with a model. Package ui draws what is here; its handlers call the methods here and nothing else. A method
// that may wait says so and is called on a goroutine of its own; all others return at once.
package studio
