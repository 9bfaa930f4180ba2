package main

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"train", "--rounds", "5", "--only", "lora-.*"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.suites) != 1 || o.suites[0].Name != "train" || o.rounds != 5 || !o.only.MatchString("lora-qv") || o.only.MatchString("qlora-qv") {
		t.Errorf("got %+v", o)
	}
	if o, err = parse(nil); err != nil || len(o.suites) != 2 || !o.only.MatchString("speed") {
		t.Errorf("without arguments: %+v, %v", o, err)
	}
	for args, want := range map[string]string{
		"gpu":               `suite "gpu" is not known`,
		"--rounds 2 train":  `"train": suites come before flags`,
		"cpu --threads 0":   "--threads is 0, expected 1 or more",
		"train --only (":    "missing closing )",
		"train --steps 1.5": "invalid value",
	} {
		if _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", args, err, want)
		}
	}
}
