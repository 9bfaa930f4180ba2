package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"graft/shared/adapter"
)

// Value is the field of a recipe that a key sets. It is a pflag.Value, and the same text means the same in a flag and
// in a file.
type Value struct{ p any } // a pointer to one of the types of Type

// Type is how the value is written, for help.
func (v Value) Type() string {
	switch v.p.(type) {
	case *string:
		return "text"
	case *int, *uint64:
		return "int"
	case *float64:
		return "float"
	case *bool, **bool:
		return "bool"
	case *[]string, *adapter.Names, *[]int:
		return "a,b"
	case *map[string]int, *map[string]float64:
		return "a=1,b=2"
	}
	panic(fmt.Sprintf("BUG: recipe: no text form for %T", v.p))
}

// String is the value as Set reads it, "" where nothing is set.
func (v Value) String() string {
	switch p := v.p.(type) {
	case nil: // pflag asks the zero Value
		return ""
	case *string:
		return *p
	case *int:
		return strconv.Itoa(*p)
	case *uint64:
		return strconv.FormatUint(*p, 10)
	case *float64:
		return strconv.FormatFloat(*p, 'g', -1, 64)
	case *bool:
		return strconv.FormatBool(*p)
	case **bool:
		if *p == nil {
			return ""
		}
		return strconv.FormatBool(**p)
	case *[]string:
		return strings.Join(*p, ",")
	case *adapter.Names:
		if p.Pattern != "" {
			return p.Pattern
		}
		return strings.Join(p.List, ",")
	case *[]int:
		s := make([]string, len(*p))
		for i, n := range *p {
			s[i] = strconv.Itoa(n)
		}
		return strings.Join(s, ",")
	case *map[string]int:
		return pairs(*p, strconv.Itoa)
	case *map[string]float64:
		return pairs(*p, func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) })
	}
	panic(fmt.Sprintf("BUG: recipe: no text form for %T", v.p))
}

func pairs[T any](m map[string]T, text func(T) string) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		s = append(s, k+"="+text(m[k]))
	}
	return strings.Join(s, ",")
}

// Set reads a value: numbers and names as they are, lists with commas, maps as a=1,b=2.
func (v Value) Set(s string) error {
	switch p := v.p.(type) {
	case *string:
		*p = s
	case *int:
		return parse(p, s, "a whole number", strconv.Atoi)
	case *uint64:
		return parse(p, s, "a whole number from 0", func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
	case *float64:
		return parse(p, s, "a number", float)
	case *bool:
		return parse(p, s, "true or false", boolean)
	case **bool:
		b := new(bool)
		if err := parse(b, s, "true or false", boolean); err != nil {
			return err
		}
		*p = b
	default:
		if pattern, ok := v.p.(*adapter.Names); ok && (s == adapter.AllLinear || strings.ContainsAny(s, `*+?()[]{}|^$\`)) {
			*pattern = adapter.Names{Pattern: s}
			return nil
		}
		var list []string
		if s != "" {
			list = strings.Split(s, ",")
		}
		return v.setList(list)
	}
	return nil
}

// setList reads a list, or the members of a map as "name=value".
func (v Value) setList(list []string) error {
	for i := range list {
		if list[i] = strings.TrimSpace(list[i]); list[i] == "" {
			return fmt.Errorf("item %d is empty", i+1)
		}
	}
	switch p := v.p.(type) {
	case *[]string:
		*p = list
	case *adapter.Names:
		*p = adapter.Names{List: list}
	case *[]int:
		*p = make([]int, len(list))
		for i, s := range list {
			if err := parse(&(*p)[i], s, "a whole number", strconv.Atoi); err != nil {
				return err
			}
		}
	case *map[string]int:
		return setMap(p, list, "a whole number", strconv.Atoi)
	case *map[string]float64:
		return setMap(p, list, "a number", float)
	default:
		return fmt.Errorf("a list, expected %s", v.Type())
	}
	return nil
}

func setMap[T any](p *map[string]T, list []string, what string, read func(string) (T, error)) error {
	m := make(map[string]T, len(list))
	for _, s := range list {
		i := strings.LastIndexByte(s, '=')
		if i < 1 {
			return fmt.Errorf("%q, expected name=value", s)
		}
		var value T
		if err := parse(&value, s[i+1:], what, read); err != nil {
			return fmt.Errorf("%s: %w", s[:i], err)
		}
		m[s[:i]] = value
	}
	*p = m
	return nil
}

func parse[T any](p *T, s, what string, read func(string) (T, error)) error {
	v, err := read(strings.TrimSpace(s))
	if err != nil {
		return fmt.Errorf("%q is not %s", s, what)
	}
	*p = v
	return nil
}

func float(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && f-f != 0 {
		return 0, strconv.ErrRange
	}
	return f, err
}

func boolean(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

// IsBoolFlag lets a flag stand alone for true.
func (v Value) IsBoolFlag() bool { return v.Type() == "bool" }
