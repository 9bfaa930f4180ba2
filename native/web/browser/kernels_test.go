package browser_test

func kernelFiles() map[string][]byte { return nil }
