package chat

import (
	"fmt"
	"strings"
	"time"
)

// strftime formats t as Python does in the C locale. What it does not know stays
// as it is.
func strftime(t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		bare := format[i] == '-' && i+1 < len(format) // without padding
		if bare {
			i++
		}
		s, ok := timePart(t, format[i])
		switch {
		case !ok && bare:
			b.WriteString("%-" + string(format[i]))
		case !ok:
			b.WriteString("%" + string(format[i]))
		case bare:
			trimmed := strings.TrimLeft(s, "0 ")
			if trimmed == "" {
				trimmed = "0"
			}
			b.WriteString(trimmed)
		default:
			b.WriteString(s)
		}
	}
	return b.String()
}

// timePart is what one letter after % stands for.
func timePart(t time.Time, c byte) (string, bool) {
	two := func(n int) (string, bool) { return fmt.Sprintf("%02d", n), true }
	layout := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'p': "PM",
		'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'D': "01/02/06", 'X': "15:04:05", 'T': "15:04:05",
		'F': "2006-01-02", 'R': "15:04", 'r': "03:04:05 PM", 'Y': "2006", 'e': "_2",
	}[c]
	if layout != "" {
		return t.Format(layout), true
	}
	switch c {
	case 'd':
		return two(t.Day())
	case 'm':
		return two(int(t.Month()))
	case 'y':
		return two(t.Year() % 100)
	case 'C':
		return two(t.Year() / 100)
	case 'H':
		return two(t.Hour())
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'I':
		return two((t.Hour()+11)%12 + 1)
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'M':
		return two(t.Minute())
	case 'S':
		return two(t.Second())
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'w':
		return fmt.Sprint(int(t.Weekday())), true
	case 'u':
		return fmt.Sprint((int(t.Weekday())+6)%7 + 1), true
	case 'U':
		return two((t.YearDay() + 6 - int(t.Weekday())) / 7)
	case 'W':
		return two((t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7)
	case 'V':
		_, week := t.ISOWeek()
		return two(week)
	case 'G':
		year, _ := t.ISOWeek()
		return fmt.Sprint(year), true
	case 's':
		return fmt.Sprint(t.Unix()), true
	case 'P':
		return strings.ToLower(t.Format("PM")), true
	case 'z', 'Z': // datetime.now() knows no time zone
		return "", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case '%':
		return "%", true
	}
	return "", false
}
