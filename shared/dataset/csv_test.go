package dataset

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadCSV(t *testing.T) {
	for _, test := range []struct {
		name, data string
		o          Columns
		form       Form
		want       []Row
	}{
		{"plain", "text,label\na b,1\nc,0\n", Columns{}, Labelled, []Row{{Line: 2, Text: "a b", Label: "1"}, {Line: 3, Text: "c", Label: "0"}}},
		{"mark, CRLF, no last line end", "\ufefftext,label\r\n营收增长20%,正面\r\n亏损,负面", Columns{}, Labelled,
			[]Row{{Line: 2, Text: "营收增长20%", Label: "正面"}, {Line: 3, Text: "亏损", Label: "负面"}}},
		{"other order and columns", "id,label,text\n7, 1 ,x\n", Columns{}, Labelled, []Row{{Line: 2, Text: "x", Label: "1"}}},
		{"mapping", "内容,情感\nx,好\n", Columns{Text: "内容", Label: "情感"}, Labelled, []Row{{Line: 2, Text: "x", Label: "好"}}},
		{"quotes", "text,label\n\"a, \"\"b\"\"\r\nc\",1\nx,0\n", Columns{}, Labelled,
			[]Row{{Line: 2, Text: "a, \"b\"\nc", Label: "1"}, {Line: 4, Text: "x", Label: "0"}}},
		{"quote inside a bare field", "text,label\n他说\"好\",1\n", Columns{}, Labelled, []Row{{Line: 2, Text: "他说\"好\"", Label: "1"}}},
		{"empty lines", "\n\ntext,label\n\r\na,1\n\n\nb,0\n\n", Columns{}, Labelled, []Row{{Line: 5, Text: "a", Label: "1"}, {Line: 8, Text: "b", Label: "0"}}},
		{"text only", "text\na\n", Columns{Form: Plain}, Plain, []Row{{Line: 2, Text: "a"}}},
		{"causal: completion first", "text,prompt,completion\nt,p,c\n", Columns{Form: CausalLM}, Completion, []Row{{Line: 2, Prompt: "p", Completion: "c"}}},
		{"causal: text", "text,label\nt,1\n", Columns{Form: CausalLM}, Plain, []Row{{Line: 2, Text: "t"}}},
		{"causal: mapped", "q,a\np,c\n", Columns{Form: CausalLM, Prompt: "q", Completion: "a"}, Completion, []Row{{Line: 2, Prompt: "p", Completion: "c"}}},
		{"unused column twice", "text,x,x,label\na,,,1\n", Columns{}, Labelled, []Row{{Line: 2, Text: "a", Label: "1"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadCSV(strings.NewReader(test.data), "f.csv", test.o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Form != test.form || !reflect.DeepEqual(got.Rows, test.want) {
				t.Errorf("got %v %+v, expected %v %+v", got.Form, got.Rows, test.form, test.want)
			}
		})
	}
}

func TestReadCSVErrors(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"empty", "", `f.csv: file is empty, expected a header and rows`},
		{"only a mark", "\ufeff", `f.csv: file is empty, expected a header and rows`},
		{"no rows", "text,label\n", `f.csv: no rows after the header`},
		{"missing column", "text,class\na,1\n", `f.csv:1:1: header has no column "label", got "text", "class"`},
		{"no header", "好消息,1\n坏消息,0\n", `f.csv:1:1: header has no column "text", "label", got "好消息", "1"`},
		{"semicolons", "text;label\na;1\n", `f.csv:1:1: header has no column "text", "label", got "text;label"; fields look separated by ";", expected ','`},
		{"doubled column", "text,label,text\na,1,b\n", `f.csv:1:12: header names column "text" twice, as fields 1 and 3`},
		{"too many fields", "text,label\n涨,了,1\nb,0\n", `f.csv:2:5: row has 3 fields, expected 2 as in the header; quote a text that holds a comma`},
		{"too few fields", "text,label\n\na\n", `f.csv:3:1: row has 1 fields, expected 2 as in the header`},
		{"empty text", "text,label\n  ,1\n", `f.csv:2:1: text: empty, expected a text`},
		{"empty label", "text,label\n涨停, \n", `f.csv:2:4: label: empty, expected a label`},
		{"not UTF-8", "text,label\n好\xff,1\n", `f.csv:2:2: byte 0xFF is not UTF-8`},
		{"GBK", "text,label\n\xd3\xaa\xca\xd5\xd4\xf6\xb3\xa4,1\n",
			`f.csv:2:2: byte 0xCA is not UTF-8; the file looks like GB18030 (GBK): convert it with graft data convert, or iconv -f GB18030 -t UTF-8`},
		{"UTF-16", "\xff\xfet\x00e\x00", `f.csv:1:1: file is UTF-16, expected UTF-8`},
		{"NUL", "text,label\nab\x00c,1\n", `f.csv:2:3: NUL byte, expected text`},
		{"unclosed quote", "text,label\na,1\nb,\"0\nc,1\n", `f.csv:3:3: quote is not closed before the end of the file`},
		{"text after quote", "text,label\n\"好\"消息,1\n", `f.csv:2:4: '消' after a closing quote, expected ',' or the line's end; a quote inside a quoted field is written twice (the field begins at 2:1)`},
		{"carriage returns", "text,label\ra,1\rb,0\r", `f.csv:1:11: carriage return without a line feed, expected lines that end with LF or CRLF`},
		{"several", "text,label\n,1\na\nb,\n", "f.csv:2:1: text: empty, expected a text\n" +
			"f.csv:3:1: row has 1 fields, expected 2 as in the header\nf.csv:4:3: label: empty, expected a label"},
		{"many", "text,label\n" + strings.Repeat(",1\n", 13), "… and 3 more"},
		{"too many columns", strings.Repeat(",", maxColumns) + "\n", `f.csv:1:1025: row has more than 1024 fields`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadCSV(strings.NewReader(test.data), "f.csv", Columns{})
			if err == nil {
				t.Fatalf("got %+v, expected the error %s", got, test.want)
			}
			if test.name == "many" {
				if s := err.Error(); !strings.HasSuffix(s, test.want) || strings.Count(s, "\n") != maxErrors {
					t.Errorf("got\n%s", s)
				}
			} else if err.Error() != test.want {
				t.Errorf("got\n%s\nexpected\n%s", err, test.want)
			}
			if !IsFault(err) {
				t.Error("not a fault of the content")
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	if _, err := Read(iotest.ErrReader(broken), "f.csv", Columns{}); !errors.Is(err, broken) || IsFault(err) {
		t.Errorf("got %v, expected the reader's error", err)
	}
	for name, want := range map[string]string{
		"f.xls": `f.xls: file type ".xls" is not known, expected one of .csv .tsv .json .jsonl .ndjson .txt`,
		"f":     `f: file type "" is not known, expected one of .csv .tsv .json .jsonl .ndjson .txt`,
		"f.txt": `f.txt: a text file holds no labelled text, expected a .csv or .jsonl file`,
	} {
		if _, err := Read(strings.NewReader("a"), name, Columns{}); err == nil || err.Error() != want {
			t.Errorf("got %v, expected %s", err, want)
		}
	}
	if _, err := Read(strings.NewReader("messages\n"), "f.csv", Columns{Form: Chat}); err == nil || !strings.Contains(err.Error(), "cannot be read from CSV") {
		t.Errorf("got %v", err)
	}
}

func TestReadText(t *testing.T) {
	got, err := Read(strings.NewReader("\ufeff一\r\n\n 二 \n"), "f.txt", Columns{Form: CausalLM})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Row{{Line: 1, Text: "一"}, {Line: 3, Text: " 二 "}}; !reflect.DeepEqual(got.Rows, want) {
		t.Errorf("got %+v, expected %+v", got.Rows, want)
	}
	if _, err := Read(strings.NewReader("\n \n"), "f.txt", Columns{Form: Plain}); err == nil || err.Error() != "f.txt: no text" {
		t.Errorf("got %v", err)
	}
}

// The measured sets read whole: the numbers of rows are those of their README.
func TestReadRealSets(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no ../shared/data beside the project")
	}
	for set, want := range map[string]int{
		"finnews_zh/train.csv": 4611, "finnews_zh/test.csv": 1006, "finfe_zh/train.csv": 7518, "phrasebank_en/test.csv": 726, "chnsenticorp_zh/valid.csv": 1200,
	} {
		f, err := os.Open(filepath.Join(root, set))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(f, set, Columns{})
		f.Close()
		if err != nil {
			t.Error(err)
		} else if len(got.Rows) != want {
			t.Errorf("%s: %d rows, expected %d", set, len(got.Rows), want)
		}
	}
}

// FuzzCSV holds the scanner to encoding/csv: what that reads without a complaint, ours reads the same.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"text,label\na,1\n", "\"a\"\"b\nc\",1\r\n,,\n", "a\"b,c", "\"x\"y", "a\rb", "\"open", "\n\n\r\n", "\"\r\n\"", "text,label\n\"\",\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		table, err := ReadCSV(strings.NewReader(data), "f.csv", Columns{Form: CausalLM})
		if (table == nil) == (err == nil) {
			t.Fatalf("table %v with error %v", table, err)
		}
		if table != nil {
			for _, r := range table.Rows {
				if r.Line < 2 || (blank(r.Text) && (blank(r.Prompt) || blank(r.Completion))) {
					t.Fatalf("row %+v", r)
				}
			}
		}
		s, err := readSource(strings.NewReader(data), "f.csv")
		if err != nil {
			return
		}
		reference := csv.NewReader(strings.NewReader(s.data))
		reference.FieldsPerRecord = -1
		want, err := reference.ReadAll()
		if err != nil || loneReturn(s.data) {
			return
		}
		c := &csvScanner{separator: ',', source: s, line: 1, column: 1}
		for i := 0; ; i++ {
			fields, fault := c.record(nil)
			if fault != nil {
				t.Fatalf("%v where encoding/csv reads %q", fault, want)
			}
			if fields == nil {
				if i != len(want) {
					t.Fatalf("%d records, encoding/csv reads %d", i, len(want))
				}
				return
			}
			var got []string
			for _, f := range fields {
				got = append(got, f.text)
			}
			if !slices.Equal(got, want[i]) {
				t.Fatalf("record %d is %q, encoding/csv reads %q", i, got, want[i])
			}
		}
	})
}

// loneReturn reports a carriage return before something else than a line feed: encoding/csv lets it be text, and drops
// one at the very end.
func loneReturn(s string) bool { return strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\r") }
