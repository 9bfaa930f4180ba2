package door

import (
	"encoding/json"
	"reflect"
	"testing"

	"graft/shared/api"
)

// TestEveryMessageIsKnown holds the lists of messages to the types.
func TestEveryMessageIsKnown(t *testing.T) {
	for i := range reflect.TypeFor[api.Answer]().NumField() {
		a := api.Answer{Protocol: api.Protocol}
		f := reflect.ValueOf(&a).Elem().Field(i)
		if f.Kind() != reflect.Pointer {
			continue
		}
		f.Set(reflect.New(f.Type().Elem()))
		want, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := encode(&a); err != nil || string(got) != string(want) {
			t.Errorf("%s, %v, expected %s", got, err, want)
		}
	}
	n := 0
	for i := range reflect.TypeFor[api.Request]().NumField() {
		r := api.Request{Protocol: api.Protocol}
		f := reflect.ValueOf(&r).Elem().Field(i)
		if f.Kind() != reflect.Pointer {
			continue
		}
		f.Set(reflect.New(f.Type().Elem()))
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(b); err != nil {
			t.Errorf("%s: %v", b, err)
		}
		n++
	}
	if n < 19 {
		t.Errorf("%d messages", n)
	}
}
