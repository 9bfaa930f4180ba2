package chat

// A tag tells where text comes from: bit 0 whether a generation block wrote it,
// the bits above who brought it.
type tag uint32

const (
	// trusted text is the template's own, or a special token given as such.
	trusted tag = 0
	// learned is the bit of text from generation blocks.
	learned tag = 1
	// fromInput is text of tools, documents and other variables, and text
	// whose origin is lost.
	fromInput tag = 1 << 1
)

// fromMessage is the tag of text from the i-th message.
func fromMessage(i int) tag { return tag(i+2) << 1 }

// message is the index of the message that the text is from, or -1.
func (t tag) message() int { return int(t>>1) - 2 }

func (t tag) trusted() bool { return t&^learned == trusted }
func (t tag) learned() bool { return t&learned != 0 }
