package train_test

import (
	"testing"

	"graft/shared/device"
	"graft/shared/train/traintest"
)

func TestReference(t *testing.T) {
	traintest.Run(t, func(*testing.T) device.Device { return device.Reference() })
}
