package adapter_test

import (
	"testing"

	"graft/shared/adapter/adaptertest"
	"graft/shared/device"
)

func TestReference(t *testing.T) {
	adaptertest.Run(t, func(*testing.T) device.Device { return device.Reference() })
}

func TestEncoders(t *testing.T) {
	adaptertest.Encoders(t, func(*testing.T) device.Device { return device.Reference() })
}
