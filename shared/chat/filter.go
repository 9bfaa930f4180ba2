package chat

// A filter computes v|name(args).
type filter func(m *machine, v Value, c *call) (Value, error)

// filters is the table of filters: those of jinja2, but random, pprint, urlize and
// wordwrap, which make no sense in a chat template.
var filters = map[string]filter{
	"abs":            filterAbs,
	"attr":           filterAttr,
	"batch":          filterBatch,
	"capitalize":     ofText(capitalize),
	"center":         filterCenter,
	"count":          filterLength,
	"d":              filterDefault,
	"default":        filterDefault,
	"dictsort":       filterDictSort,
	"e":              filterEscape,
	"escape":         filterEscape,
	"filesizeformat": filterFileSize,
	"first":          filterFirst,
	"float":          filterFloat,
	"forceescape":    filterForceEscape,
	"format":         filterFormat,
	"groupby":        filterGroupBy,
	"indent":         filterIndent,
	"int":            filterInt,
	"items":          filterItems,
	"join":           filterJoin,
	"last":           filterLast,
	"length":         filterLength,
	"list":           filterList,
	"lower":          ofText(lower),
	"map":            filterMap,
	"max":            filterExtreme(1),
	"min":            filterExtreme(-1),
	"reject":         filterSelect(false, false),
	"rejectattr":     filterSelect(false, true),
	"replace":        filterReplace,
	"reverse":        filterReverse,
	"round":          filterRound,
	"safe":           filterSafe,
	"select":         filterSelect(true, false),
	"selectattr":     filterSelect(true, true),
	"slice":          filterSlice,
	"sort":           filterSort,
	"string":         filterString,
	"striptags":      filterStripTags,
	"sum":            filterSum,
	"title":          ofText(titleWords),
	"tojson":         filterToJSON,
	"trim":           filterTrim,
	"truncate":       filterTruncate,
	"unique":         filterUnique,
	"upper":          ofText(upper),
	"urlencode":      filterURLEncode,
	"wordcount":      filterWordCount,
	"xmlattr":        filterXMLAttr,
}

// ofText makes a filter of a change of the string that stands for a value.
func ofText(f func(*text) *text) filter {
	return func(m *machine, v Value, c *call) (Value, error) {
		x, err := m.str(v)
		if err != nil {
			return nil, err
		}
		if err := c.none(); err != nil {
			return nil, err
		}
		return m.made(f(x).as(x.safe))
	}
}

func filterDefault(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("default_value?", "boolean?")
	if err != nil {
		return nil, err
	}
	strict, err := argBool(a[1], false)
	if err != nil {
		return nil, err
	}
	_, absent := v.(*undefined)
	if strict && !absent {
		yes, err := truth(v)
		if err != nil {
			return nil, err
		}
		absent = !yes
	}
	switch {
	case !absent:
		return v, nil
	case a[0] == nil:
		return emptyText, nil
	}
	return a[0], nil
}

func filterLength(m *machine, v Value, c *call) (Value, error) {
	n, err := m.length(v)
	if err != nil {
		return nil, err
	}
	return intValue(n), c.none()
}

func filterAttr(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("name")
	if err != nil {
		return nil, err
	}
	name, ok := a[0].(*text)
	if !ok {
		return nil, typeErrorf("attribute name must be string, not '%s'", a[0].typeName())
	}
	if u, ok := v.(*undefined); ok {
		return nil, u
	}
	x, err := m.member(v, name.s)
	if x == nil && err == nil {
		x = &undefined{of: v, name: name}
	}
	return x, err
}

func filterSafe(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	return x.as(true), c.none()
}

func filterString(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	return x, c.none()
}

func filterEscape(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	if err := c.none(); err != nil {
		return nil, err
	}
	return m.made(escape(x))
}

func filterForceEscape(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	return filterEscape(m, x.as(false), c)
}
