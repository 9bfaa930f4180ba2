package chat

// A method is called on self.
type method func(m *machine, self Value, c *call) (Value, error)

// methods of the types that have some. Python has more, but none that a template
// uses; names that change a list or dict are in changes.
var (
	textMethods = map[string]method{
		"capitalize":   onText(noArgs(capitalize)),
		"casefold":     onText(noArgs(foldText)),
		"center":       onText(methodJustify(true, true)),
		"count":        onText(methodCount),
		"endswith":     onText(methodAffix(false)),
		"expandtabs":   onText(methodExpandTabs),
		"find":         onText(methodFind(false, false)),
		"format":       onText(methodFormat),
		"format_map":   onText(methodFormatMap),
		"index":        onText(methodFind(false, true)),
		"isalnum":      onText(every(isAlnum)),
		"isalpha":      onText(every(isAlpha)),
		"isascii":      onText(methodIsASCII),
		"isdecimal":    onText(every(isDecimal)),
		"isdigit":      onText(every(isDigit)),
		"isidentifier": onText(methodIsIdentifier),
		"islower":      onText(methodIsCase(false)),
		"isnumeric":    onText(every(isNumeric)),
		"isprintable":  onText(methodIsPrintable),
		"isspace":      onText(every(isSpace)),
		"istitle":      onText(methodIsTitle),
		"isupper":      onText(methodIsCase(true)),
		"join":         onText(methodJoin),
		"ljust":        onText(methodJustify(false, true)),
		"lower":        onText(noArgs(lower)),
		"lstrip":       onText(methodStrip(true, false)),
		"partition":    onText(methodPartition(false)),
		"removeprefix": onText(methodRemove(true)),
		"removesuffix": onText(methodRemove(false)),
		"replace":      onText(methodReplace),
		"rfind":        onText(methodFind(true, false)),
		"rindex":       onText(methodFind(true, true)),
		"rjust":        onText(methodJustify(true, false)),
		"rpartition":   onText(methodPartition(true)),
		"rsplit":       onText(methodSplit(true)),
		"rstrip":       onText(methodStrip(false, true)),
		"split":        onText(methodSplit(false)),
		"splitlines":   onText(methodSplitLines),
		"startswith":   onText(methodAffix(true)),
		"strip":        onText(methodStrip(true, true)),
		"swapcase":     onText(noArgs(swapCase)),
		"title":        onText(noArgs(title)),
		"upper":        onText(noArgs(upper)),
		"zfill":        onText(methodZeroFill),
	}

	markupMethods = map[string]method{
		"striptags": onText(noArgs(stripTags)),
		"unescape":  onText(noArgs(unescapeHTML)),
	}

	dictMethods = map[string]method{
		"copy":     methodDictCopy,
		"fromkeys": methodFromKeys,
		"get":      methodGet,
		"items":    methodView("items"),
		"keys":     methodView("keys"),
		"values":   methodView("values"),
	}

	listMethods = map[string]method{
		"copy":  methodListCopy,
		"count": methodItemCount,
		"index": methodItemIndex,
	}

	tupleMethods = map[string]method{
		"count": methodItemCount,
		"index": methodItemIndex,
	}

	numberMethods = map[string]method{
		"bit_length": methodBitLength,
		"conjugate":  methodConjugate,
		"is_integer": methodIsInteger,
	}
)

// changes are the methods that the sandbox forbids, because they would change
// what may be shared.
var changes = map[string][]string{
	"list": {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"},
	"dict": {"clear", "pop", "popitem", "setdefault", "update"},
}

// methodsOf are the methods of v's type, nil if it has none.
func methodsOf(v Value) map[string]method {
	switch v.(type) {
	case *text:
		return textMethods
	case *Dict:
		return dictMethods
	case *list:
		return listMethods
	case *tuple, *rangeValue:
		return tupleMethods
	case intValue, floatValue, boolValue, bigValue:
		return numberMethods
	}
	return nil
}

// bound is v's method as a value.
func bound(v Value, name string, f method) Value {
	return &function{name: name, call: func(m *machine, c *call) (Value, error) { return f(m, v, c) }}
}
