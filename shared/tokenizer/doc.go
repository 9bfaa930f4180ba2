// Package tokenizer turns text into token ids and back, the way Hugging Face's
// tokenizers library does it for the same tokenizer.json.
//
// A tokenizer is a pipeline of five parts, each read from the file by name:
//
//	text ── added tokens ── normalizer ── pre-tokenizer ── model ── post-processor ── ids
//	ids ── decoder ── text
//
// Added tokens (<|im_start|>, <s>, …) are cut out of the text first. What is left
// is normalized (NFC, …), split into words by the pre-tokenizer, and each word is
// spelled in the vocabulary by the model (byte-level BPE, …). The post-processor
// puts the tokens around it that a model wants to see (BOS, EOS).
//
// Each part has one table (normalizers, preTokenizers, models, postProcessors,
// decoders) in the file named after it; a new kind is one file and one row there.
//
//	t, err := tokenizer.Parse(data)        // tokenizer.json
//	ids := t.Append(nil, "plain text")     // never yields a special token
//	enc := t.Encode("<s>text", true)       // as Hugging Face encodes it
//	s := t.Decode(ids, true)
//
// Tokenizers also come from the metadata of a GGUF file ([FromGGUF]) or from
// texts ([Train]); [Tokenizer.Save] writes any of them as tokenizer.json.
//
// Use [Tokenizer.Append] for text that comes from outside and
// [Tokenizer.Special] for the tokens a template puts between; then no text can
// forge a role marker. A [Tokenizer] never changes after it is made and may be
// used by many goroutines at once.
package tokenizer
