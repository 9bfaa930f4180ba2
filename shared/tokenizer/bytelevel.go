package tokenizer

import (
	"unicode/utf8"
)

// Byte-level vocabularies spell tokens in an alphabet of 256 printable
// characters, one for each byte (GPT-2, encoder.py, bytes_to_unicode): the
// printable Latin-1 characters stand for themselves, the other 68 bytes are
// U+0100 and up in order. A space is Ġ, a newline is Ċ.
var byteChars = func() (chars [256]rune) {
	next := rune(256)
	for b := range chars {
		switch {
		case '!' <= b && b <= '~', 0xa1 <= b && b <= 0xac, 0xae <= b:
			chars[b] = rune(b)
		default:
			chars[b] = next
			next++
		}
	}
	return chars
}()

// maxByteChar is the largest character of the alphabet, that of 0xad.
const maxByteChar = 0x143

// charBytes is the inverse of byteChars; -1 marks a character not in it.
var charBytes = func() (bytes [maxByteChar + 1]int16) {
	for c := range bytes {
		bytes[c] = -1
	}
	for b, c := range byteChars {
		bytes[c] = int16(b)
	}
	return bytes
}()

// fromByteChars returns the bytes that a token of a byte-level vocabulary stands
// for. A token with any character outside the alphabet, as added tokens may
// have, stands for its own UTF-8; ok is false then.
func fromByteChars(token string) (s string, ok bool) {
	b := make([]byte, 0, len(token))
	for _, r := range token {
		if r > maxByteChar || charBytes[r] < 0 {
			return token, false
		}
		b = append(b, byte(charBytes[r]))
	}
	return string(b), true
}

// toByteChars spells s in the byte-level alphabet.
func toByteChars(s string) string {
	b := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		b = utf8.AppendRune(b, byteChars[s[i]])
	}
	return string(b)
}

// spellBytes rewrites p in the byte-level alphabet.
func spellBytes(p piece) piece {
	changes := make([]change, 0, len(p.text))
	for i, r := range p.text {
		for k := range utf8.RuneLen(r) {
			changes = append(changes, change{byteChars[p.text[i+k]], min(k, 1)})
		}
	}
	return p.transform(changes, 0)
}
