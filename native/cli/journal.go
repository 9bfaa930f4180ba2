package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"graft/shared/api"
)

// journal keeps answers in a file of lines, each written when it comes, so that a run that was ended goes on where it was.
type journal struct {
	answers map[string]api.Generation
	file    *os.File
}

// remark is a line of a journal.
type remark struct {
	Key    string         `json:"key"`
	Answer api.Generation `json:"answer"`
}

// openJournal reads what there is and goes on behind it. A last line that was not written whole is passed over.
func openJournal(path string) (*journal, error) {
	j := &journal{answers: map[string]api.Generation{}}
	data, err := os.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		in := bufio.NewScanner(data)
		in.Buffer(nil, maxPrompt)
		for in.Scan() {
			var r remark
			if json.Unmarshal(in.Bytes(), &r) == nil {
				j.answers[r.Key] = r.Answer
			}
		}
		if err := errors.Join(in.Err(), data.Close()); err != nil {
			return nil, err
		}
	}
	j.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err == nil && len(j.answers) > 0 {
		_, err = j.file.WriteString("\n") // ends a line that was not
	}
	return j, err
}

// Recall is a kept answer.
func (j *journal) Recall(key string) (api.Generation, bool) {
	g, ok := j.answers[key]
	return g, ok
}

// Keep writes an answer.
func (j *journal) Keep(key string, g api.Generation) error {
	data, err := json.Marshal(remark{key, g})
	if err == nil {
		_, err = j.file.Write(append(data, '\n'))
	}
	j.answers[key] = g
	return err
}

// Close ends the journal.
func (j *journal) Close() error { return j.file.Close() }
