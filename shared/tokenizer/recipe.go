package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Components as tokenizer.json spells them, for tokenizers that do not come from
// such a file. They are parsed like any other, and Save writes them out.

const (
	nfcJSON    = `{"type":"NFC"}`
	digitsJSON = `{"type":"Digits","individual_digits":true}`
)

// splitJSON is the component Split at the matches of a regular expression.
func splitJSON(regex string) string {
	b, err := json.Marshal(map[string]string{"Regex": regex})
	if err != nil {
		panic("BUG: a string map has no JSON: " + err.Error())
	}
	return `{"type":"Split","pattern":` + string(b) + `,"behavior":"Isolated","invert":false}`
}

// byteLevelJSON is the component ByteLevel, as pre-tokenizer or decoder.
func byteLevelJSON(useRegex bool) string {
	return fmt.Sprintf(`{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":%t}`, useRegex)
}

// sequenceJSON is the pre-tokenizer Sequence.
func sequenceJSON(members ...string) json.RawMessage {
	return json.RawMessage(`{"type":"Sequence","pretokenizers":[` + strings.Join(members, ",") + `]}`)
}
