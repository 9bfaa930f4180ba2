// Package ui draws the studio with vugu: components of markup (*.vugu) over an App, which has all state and all handlers.
//
// A handler runs with the page's lock held and returns at once. What waits runs on a goroutine begun by App.async and
// changes the App only inside App.update. The package builds and is tested without a browser; what needs one is behind
// the ports of package studio and behind Page.
package ui

//go:generate go tool vugugen -skip-go-mod -skip-main .
//go:generate gofmt -w .
