package ui

// AdaptersPage opens models and loads adapters.
type AdaptersPage struct {
	*App
}
