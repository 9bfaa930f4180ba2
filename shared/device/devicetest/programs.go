package devicetest

import "testing"

func programs(t *testing.T, open Opener) {}
func contract(t *testing.T, open Opener) {}
